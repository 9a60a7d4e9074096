// Five systems to reproduce: receivers written from their contract alone read what we send. The contract lies in ../shared,
// beside the project.
import { createHmac, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import type { DeliveryInput } from "../../src/delivery/build.ts";
import { judgeAnswer } from "../../src/delivery/judge.ts";
import { previewRetry, resolveRetry } from "../../src/flow/retry.ts";
import { packageRoot } from "../../src/package-root.ts";
import { anInput, awkwardData, built, headersOf, nowMs, profile, run, withData } from "./deliveries.ts";
import type { Built } from "./deliveries.ts";

const key = "whsec_your-webhook-secret";
const systems = ["bakhmach", "hub", "brainsait", "directory", "aqio"] as const;
type System = (typeof systems)[number];
const canonical: readonly System[] = ["bakhmach", "hub", "brainsait", "directory"];

const send = (system: System, over: Partial<DeliveryInput> = {}): Built => built(system, { secrets: [key], ...over });
const hex = (text: string): string => createHmac("sha256", key).update(text, "utf8").digest("hex");
const same = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/** What each guide's receiver in JavaScript does. Where two are printed (BrainSAIT), both have to agree. */
const receivers: { readonly [system in System]: (delivery: Built) => boolean } = {
  bakhmach({ body }) {
    const { signature, ...payload } = JSON.parse(body) as { signature: string };
    return same(signature, `sha256=${hex(JSON.stringify(payload))}`);
  },
  hub(delivery) {
    const signature = headersOf(delivery)["x-hub-signature"] ?? "";
    const parsed: unknown = JSON.parse(delivery.body);
    return typeof parsed === "object" && same(signature, `sha256=${hex(JSON.stringify(parsed))}`);
  },
  brainsait(delivery) {
    const signature = headersOf(delivery)["x-brainsait-signature"] ?? "";
    const express = timingSafeEqual(Buffer.from(signature, "hex"), Buffer.from(hex(delivery.body), "hex"));
    return express && same(signature, hex(JSON.stringify(JSON.parse(delivery.body))));
  },
  directory(delivery) {
    const signature = headersOf(delivery)["x-webhook-signature"] ?? "";
    return (
      same(signature, `sha256=${hex(delivery.body)}`) && JSON.stringify(JSON.parse(delivery.body)) === delivery.body
    );
  },
  aqio: (delivery) => Object.values(delivery.headers).some((value) => same(value, `sha256=${hex(delivery.body)}`)),
};

describe.each(systems)("%s", (system) => {
  test("its receiver takes data of every spelling, signed by a secret that is text", () => {
    for (const dataText of awkwardData) expect(receivers[system](send(system, withData(dataText)))).toBe(true);
  });

  test("its receiver takes whatever is published, and refuses it when it was changed", () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ unit: "grapheme" }), (dataText, type) => {
        const delivery = send(system, { ...withData(dataText), type });
        expect(receivers[system](delivery)).toBe(true);
        const changed = JSON.stringify({ "put in": 1, ...JSON.parse(delivery.body) });
        expect(receivers[system]({ ...delivery, body: changed })).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test.each(["", "null"])("an event without data (%j) is an object on the wire", (dataText) => {
    const value = JSON.parse(send(system, withData(dataText)).body) as { data?: { object?: object } };
    expect({ hub: value, bakhmach: value.data, directory: value.data }[system as string] ?? value.data?.object).toEqual(
      {},
    );
  });

  test("the content type is exactly application/json", () => {
    expect(send(system).headers["content-type"]).toBe("application/json");
  });

  test("attempts differ in nothing but what belongs to the attempt", () => {
    const [first, third] = [send(system), send(system, { attempt: 3, willRetry: false, nowMs: nowMs + 60_000 })];
    // The directory's body holds the attempt's number, and nothing else differs.
    const later = system === "directory" ? first.body.replace(/("delivery_attempt":)1\}/, "$13}") : first.body;
    expect(third.body).toBe(later);
    const own = new Set([
      "x-delivery-id",
      "x-webhook-timestamp",
      ...(system === "directory" ? ["x-webhook-signature"] : []),
    ]);
    for (const [name, value] of Object.entries(headersOf(third))) {
      expect(`${name} ${value === headersOf(first)[name]}`).toBe(`${name} ${!own.has(name)}`);
    }
  });
});

test.each(canonical)("the body of %s is a fixed point of parsing and writing, also for a whole batch", (system) => {
  fc.assert(
    fc.property(fc.json(), (dataText) => {
      const { event } = { ...anInput(), ...withData(dataText) } as DeliveryInput;
      const batch = [1, 2].map((n) => ({ deliveryId: `msg_${n}`, event }));
      for (const { body } of [send(system, { event }), send(system, { event, batch })]) {
        expect(JSON.stringify(JSON.parse(body))).toBe(body);
      }
    }),
    { numRuns: 60 },
  );
});

test.each(["standard", "cloudevents", "cloudevents-binary", "github", "rfc9421", "aqio"])(
  "the bytes of the data survive in %s",
  (id) => {
    for (const dataText of awkwardData) expect(built(id, withData(dataText)).body).toContain(dataText);
  },
);

const python = run("python3", ["--version"]);
if (python === undefined) console.warn("Skipped: there is no Python here.");

(python === undefined ? test.skip : test)("receivers in Python take data of every spelling", checkInPython);

function checkInPython(): void {
  const program = `
import hashlib, hmac, json, re, sys
given = json.load(sys.stdin)
key = given["key"].encode()
digest = lambda text: hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()
for one in given["deliveries"]:
    body, headers = one["body"], {k.lower(): v for k, v in one["headers"].items()}
    value = json.loads(body)
    if one["system"] == "bakhmach":
        # The text without the member, which stands last.
        text = re.sub(r',"signature":"[^"]*"}$', "}", body)
        good = hmac.compare_digest(value["signature"], "sha256=" + digest(text)) and "signature" not in json.loads(text)
    elif one["system"] == "brainsait":
        good = hmac.compare_digest(headers["x-brainsait-signature"], digest(body))
    elif one["system"] == "hub":
        good = hmac.compare_digest(headers["x-hub-signature"], "sha256=" + digest(body))
    else:
        good = hmac.compare_digest(headers["x-webhook-signature"], "sha256=" + digest(body))
    print(one["system"], good)
`;
  const deliveries = systems.flatMap((system) =>
    awkwardData.map((dataText) => ({ system, ...send(system, withData(dataText)) })),
  );
  const said = run("python3", ["-c", program], JSON.stringify({ key, deliveries }));
  expect(said?.trim().split("\n")).toEqual(deliveries.map(({ system }) => `${system} True`));
}

// What the contract's data say, row by row.

type Contract = {
  profiles: { [system in System]: ContractProfile };
  outcomes: (system: string, status: number) => string[];
};
type ContractProfile = {
  retry: { delaysMs: number[]; jitter: boolean; windowMs?: number };
  timeouts: { connectMs?: number; readMs?: number; totalMs?: number };
  headers: { [name: string]: unknown };
  envelope: { order: string[] | null; id: RegExp | null; webhook?: string[] };
  rateLimit: { perMinute?: number };
  sampleData?: { [type: string]: unknown };
};

const file = join(packageRoot, "..", "shared", "reference", "systems-contract.mjs");
const isThere = existsSync(file);
if (!isThere) console.warn(`Skipped: there is no contract at ${file}.`);

(isThere ? describe : describe.skip).each(systems)("%s, by the data of its contract", (system) => {
  let all: Contract;
  let contract: ContractProfile;
  beforeAll(() => {
    // A module of plain data: Jest's own loader would have to be told about .mjs.
    const program = `const m = await import(${JSON.stringify(pathToFileURL(file).href)});
      const statuses = Object.fromEntries(${JSON.stringify(systems)}.map((s) => [s, Object.fromEntries(
        Array.from({ length: 400 }, (_, i) => [i + 200, m.outcomes(s, i + 200)]))]));
      console.log(JSON.stringify({ profiles: m.profiles, statuses }, (k, v) => v instanceof RegExp ? v.source : v));`;
    const read = JSON.parse(run(process.execPath, ["--input-type=module", "-e", program]) ?? "{}") as Contract & {
      statuses: { [system: string]: { [status: string]: string[] } };
    };
    all = { ...read, outcomes: (of, status) => read.statuses[of]?.[status] ?? [] };
    contract = all.profiles[system];
  });

  test("the envelope has the members of the contract in their order, and an id of its form", () => {
    for (const id of ["evt_1", "1", "order-7"]) {
      const { body } = send(system, { event: { ...anInput().event, id } });
      const value = JSON.parse(body) as { [name: string]: unknown };
      // Hub has no envelope: the body is the data.
      expect(Object.keys(value)).toEqual(contract.envelope.order ?? ["rating"]);
      expect(String(value["id"])).toMatch(
        new RegExp(contract.envelope.id === null ? "" : String(contract.envelope.id)),
      );
    }
  });

  test("delays, window and jitter are those of the contract", () => {
    const plan = resolveRetry(profile(system).retry);
    expect(previewRetry(plan).delaysMs).toEqual(contract.retry.delaysMs);
    expect(plan.jitter).toBe("none");
    expect(plan.withinMs).toBe(contract.retry.windowMs);
  });

  test("time limits and rate limit are those of the contract", () => {
    const { timeouts, rateLimit } = profile(system);
    const { connectMs, readMs, totalMs } = contract.timeouts;
    const said = Object.entries({ connectMs, readMs, totalMs }).filter(([, ms]) => ms !== undefined);
    expect(timeouts).toMatchObject(Object.fromEntries(said));
    const perMinute = contract.rateLimit.perMinute;
    expect(rateLimit).toEqual(perMinute === undefined ? undefined : { max: perMinute, per: "1m" });
  });

  test("every status means what the contract says", () => {
    for (let status = 200; status < 600; status++) {
      const answer = {
        ok: true,
        status,
        headers: {},
        body: Buffer.alloc(0),
        truncated: false,
        phases: { total: 1 },
      } as const;
      const { failure, stops } = judgeAnswer(profile(system), answer);
      const outcome = failure === undefined ? "success" : stops ? "stop" : "retry";
      expect(`${status} ${all.outcomes(system, status).includes(outcome)}`).toBe(`${status} true`);
    }
  });

  test("headers that the contract names are there, and no others that it does not know", () => {
    const named = "said" in contract.headers ? Object.keys(send(system).headers) : Object.keys(contract.headers);
    const expected = new Set([...named.map((name) => name.toLowerCase()), "content-type"]);
    expect(Object.keys(headersOf(send(system))).toSorted()).toEqual([...expected].toSorted());
  });

  test("the sample data of the guide go out as they stand", () => {
    for (const [type, data] of Object.entries(contract.sampleData ?? {})) {
      const delivery = send(system, { ...withData(JSON.stringify(data)), type });
      expect(receivers[system](delivery)).toBe(true);
      expect(delivery.body).toContain(JSON.stringify(data).slice(1, -1));
    }
  });
});

test("times are written as each guide writes them, whatever precision was published", () => {
  const at = (occurredAt: string) => ({ event: { ...anInput().event, occurredAt } });
  const value = (system: System, over: Partial<DeliveryInput>): { [name: string]: unknown } =>
    JSON.parse(send(system, over).body) as { [name: string]: unknown };
  for (const time of ["2026-11-21T10:00:00Z", "2026-11-21T12:00:00.0000+02:00", "2026-11-21T10:00:00.000Z"]) {
    expect(value("bakhmach", at(time))["timestamp"]).toBe("2026-11-21T10:00:00.000Z");
    expect(value("brainsait", at(time))["created"]).toBe("2026-11-21T10:00:00.000Z");
    expect(value("directory", at(time))["created"]).toBe("2026-11-21T10:00:00.000Z");
    expect(value("aqio", at(time))["created"]).toBe(1795255200);
  }
  expect(send("directory").headers["X-Webhook-Timestamp"]).toBe(String(nowMs));
});

test("the tenant, the configuration and the attempt stand where the guides have them", () => {
  expect(JSON.parse(send("brainsait").body)).toMatchObject({ tenant_id: "tnt_1", api_version: "2024-01-01" });
  expect(JSON.parse(send("aqio").body)).toMatchObject({ organization_id: "tnt_1", id: "wh_evt_1" });
  expect(JSON.parse(send("directory").body)).toMatchObject({
    webhook: { subscription_id: "ep_1", delivery_attempt: 1 },
  });
  expect(send("hub", { attempt: 2 }).headers).toMatchObject({ "X-Webhook-ID": "ep_1", "X-Delivery-ID": "msg_1_2" });
  expect(send("directory").headers["User-Agent"]).toBe("Lawless-Directory-Webhooks/1.0");
});

test("aqio goes out unsigned when it has no secret, and the other four do not", () => {
  const delivery = send("aqio", { secrets: [] });
  expect(Object.keys(delivery.headers)).toEqual(["content-type"]);
  for (const system of canonical) expect(() => send(system, { secrets: [] })).toThrow("no webhook goes out unsigned");
});
