// Connections: what opens for whom, what stays sealed, and how changes are followed.
import { webhook } from "../../connectors/webhook/index.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { newId } from "../../src/model/ids.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { until } from "../support/wait.ts";
import { aToken, bearerOf, canary, isOpen, ofClient, startFixture, type Fixture, type Made } from "./token-endpoint.ts";

let at: Fixture;
beforeAll(async () => {
  at = await startFixture();
});
afterAll(() => at.stop());
beforeEach(() => {
  at.endpoint.requests.length = 0;
  at.endpoint.respond((_, index) => aToken(index));
});

const bearer = () => at.make("vendor", { token: canary, baseUrl: at.endpoint.url });
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const rowOf = async ({ tenantId, id }: Made) => {
  const row = await at.store.connections.read(tenantId, id);
  if (!row) throw new Error("no row");
  return row;
};
const refusal = { class: "auth_revoked", code: "http_401", message: "The receiver answered 401." } as const;

describe("what opens", () => {
  test.each<[string, JsonObject, object, string[]]>([
    ["bearer", { token: canary }, { headers: { authorization: `Bearer ${canary}` }, query: {} }, [canary]],
    [
      "basic",
      { username: "ann", password: "pässword" },
      { headers: { authorization: "Basic YW5uOnDDpHNzd29yZA==" }, query: {} },
      ["pässword", "YW5uOnDDpHNzd29yZA=="],
    ],
    ["apiKey", { key: canary }, { headers: { "X-Api-Key": canary }, query: {} }, [canary]],
    ["apiKey", { key: canary, name: "k", in: "query" }, { headers: {}, query: { k: canary } }, [canary]],
  ])(
    "is %s as its kind says, with everything that must not be recorded",
    async (kind, credentials, applied, secrets) => {
      const { tenantId, id } = await at.make("vendor", credentials);
      const open = isOpen(await at.openProcess().open(tenantId, id, "vendor"));
      expect(open).toMatchObject({ view: { id, kind }, applied });
      expect(open.secrets).toEqual(expect.arrayContaining(secrets));
      expect(JSON.stringify(open.view)).not.toContain(canary);
    },
  );

  test("is a webhook's own signing secrets, newest first", async () => {
    const other = "whsec_" + Buffer.alloc(24, 7).toString("base64");
    const one = await at.make("webhook", { secrets: [other, whsec] });
    const open = isOpen(await at.openProcess().open(one.tenantId, one.slug, "webhook"));
    expect(open).toMatchObject({ signingSecrets: [other, whsec], view: { fields: {} } });
    expect(open.secrets).toEqual([other, whsec]);
    const single = await at.make("webhook", { secret: whsec });
    expect(isOpen(await at.openProcess().open(single.tenantId, single.slug, "webhook")).signingSecrets).toEqual([
      whsec,
    ]);
  });

  test("has its base URL from the token where the vendor names one there", async () => {
    const made = await at.make("instance", ofClient(at.endpoint));
    at.endpoint.respond([aToken(1, { instance_url: "https://acme.example.com/" })]);
    const open = isOpen(await at.openProcess().open(made.tenantId, made.slug, "instance"));
    expect(open).toMatchObject({
      baseUrl: "https://acme.example.com",
      view: { fields: { clientId: "app", instance_url: "https://acme.example.com/" } },
    });
  });

  test("is an incoming webhook's address, whose path is as secret as its query", async () => {
    const webhookUrl = "https://hooks.example.com/services/T0/B0/aVeryLongSecretPart?key=aVeryLongSecretKey";
    const { tenantId, slug } = await at.make("incoming", { webhookUrl });
    const open = isOpen(await at.openProcess().open(tenantId, slug, "incoming"));
    expect(open).toMatchObject({ baseUrl: webhookUrl, view: { fields: {} }, applied: { headers: {}, query: {} } });
    expect(open.secrets).toEqual(
      expect.arrayContaining([
        "services/T0/B0/aVeryLongSecretPart?key=aVeryLongSecretKey",
        "aVeryLongSecretPart",
        "key=aVeryLongSecretKey",
      ]),
    );
  });
});

describe("what does not open", () => {
  test("is unknown, another tenant's, or one of another connector", async () => {
    const { tenantId, id, slug } = await bearer();
    const one = at.openProcess();
    const unknown = { outcome: "failed", failure: { class: "not_found", code: "connection_unknown" } };
    expect(await one.open(tenantId, "nothing", "vendor")).toMatchObject(unknown);
    expect(await one.open(newId("tnt"), id, "vendor")).toMatchObject(unknown);
    expect(await one.open(newId("tnt"), slug, "vendor")).toMatchObject(unknown);
    expect(await one.open(tenantId, slug, "webhook")).toMatchObject({
      outcome: "failed",
      failure: { class: "validation", code: "connection_mismatch", message: expect.stringContaining("vendor") },
    });
  });

  test("is sealed for another connection, another tenant, or by a key that is not there", async () => {
    const [one, other] = [await bearer(), await bearer()];
    const { sealed = "" } = await rowOf(one);
    const broken = { outcome: "failed", failure: { class: "internal", code: "connection_sealed" } };
    await at.store.connections.replaceCredentials(other.tenantId, other.id, undefined, { kind: "bearer", sealed });
    expect(await at.openProcess().open(other.tenantId, other.id, "vendor")).toMatchObject(broken);
    // The same id with another tenant.
    const tenantId = await at.store.tenants.create("Thief");
    const connections = {
      ...at.store.connections,
      read: async () => ({ ...(await rowOf(one)), tenantId }),
    };
    expect(await at.openProcess({ connections }).open(tenantId, one.id, "vendor")).toMatchObject(broken);
    const vault = createVault(parseKeyring(newKeyringEntry()));
    const opened = await at.openProcess({ vault }).open(one.tenantId, one.id, "vendor");
    expect(opened).toMatchObject(broken);
    expect(JSON.stringify(opened)).not.toContain(canary);
    // What a trial answers is shown to people: the failure, and nothing of what is stored.
    const tried = await at.openProcess({ vault }).test(one.tenantId, one.id);
    expect(tried).toEqual({ ok: false, failure: expect.objectContaining({ code: "connection_sealed" }) });
  });
});

describe("a revoke", () => {
  test("holds at once in its own process, and in others when what they keep is over", async () => {
    const { tenantId, id, slug } = await bearer();
    let shiftMs = 0;
    const [here, there] = [at.openProcess(), at.openProcess({ nowMs: () => at.store.nowMs() + shiftMs })];
    for (const one of [here, there]) isOpen(await one.open(tenantId, slug, "vendor"));
    expect((await here.revoke(tenantId, id)).outcome).toBe("changed");
    const revoked = {
      outcome: "failed",
      failure: { class: "auth_revoked", code: "connection_revoked", message: expect.stringContaining("retry the run") },
    };
    expect(await here.open(tenantId, slug, "vendor")).toMatchObject(revoked);
    shiftMs = 5_000;
    expect(await there.open(tenantId, slug, "vendor")).toMatchObject(revoked);
    expect(
      await there.renew(tenantId, { ...nothing, view: { id, kind: "oauth2", fields: {} }, tokenVersion: 1 }),
    ).toMatchObject(revoked);
  });

  test("holds also for who was reading at that moment", async () => {
    const { tenantId, id, slug } = await bearer();
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let reads = 0;
    const read: typeof at.store.connections.read = async (...of) => {
      const row = await at.store.connections.read(...of);
      if (reads++ === 0) await held;
      return row;
    };
    const one = at.openProcess({ connections: { ...at.store.connections, read } });
    const opening = one.open(tenantId, slug, "vendor");
    await until(() => reads === 1);
    await one.revoke(tenantId, id);
    release();
    await opening;
    expect(await one.open(tenantId, slug, "vendor")).toMatchObject({ outcome: "failed" });
  });

  test("wipes what was sealed, and new credentials make the connection usable again", async () => {
    const made = await at.make("vendor", ofClient(at.endpoint));
    const one = at.openProcess();
    isOpen(await one.open(made.tenantId, made.slug, "vendor"));
    await one.revoke(made.tenantId, made.id);
    const row = await rowOf(made);
    expect(Object.keys(row)).toEqual(expect.not.arrayContaining(["sealed", "token", "lease"]));
    const credentials = { token: "another-token" };
    expect(await one.rotate({ ...made, connector: "vendor" }, undefined, { credentials })).toMatchObject({
      outcome: "changed",
      connection: { status: "active", kind: "bearer", revision: 3 },
    });
    expect(bearerOf(await one.open(made.tenantId, made.slug, "vendor"))).toBe("Bearer another-token");
  });
});

test("a hot connection costs one read in three seconds, and notes its use once a minute", async () => {
  const { tenantId, slug, id } = await bearer();
  let [reads, touches] = [0, 0];
  const connections: typeof at.store.connections = {
    ...at.store.connections,
    read: (...of) => (reads++, at.store.connections.read(...of)),
    touch: (...of) => (touches++, at.store.connections.touch(...of)),
  };
  const one = at.openProcess({ connections });
  for (let i = 0; i < 200; i++) isOpen(await one.open(tenantId, slug, "vendor"));
  expect([reads, touches]).toEqual([1, 1]);
  await until(async () => (await at.store.connections.find(tenantId, id))?.lastUsedAt !== undefined);
  const before = (await at.store.connections.find(tenantId, id))?.lastUsedAt;
  await at.store.connections.touch({ tenantId, id });
  expect((await at.store.connections.find(tenantId, id))?.lastUsedAt).toEqual(before);
});

describe("credentials that the vendor refuses", () => {
  test("make the connection wait for its owner, once, with a notice", async () => {
    const made = await bearer();
    const processes = [at.openProcess(), at.openProcess()];
    const open = await Promise.all(processes.map((one) => one.open(made.tenantId, made.slug, "vendor")));
    const refused = await Promise.all(
      processes.map((one, index) => one.refused(made.tenantId, isOpen(open[index]!), refusal)),
    );
    for (const answer of refused) {
      expect(answer).toMatchObject({
        outcome: "paused",
        delayMs: 5_000,
        failure: { code: "connection_reauth_required" },
      });
    }
    expect(await rowOf(made)).toMatchObject({ status: "reauth_required", revision: 2, notice: { revision: 2 } });
    expect(await processes[0]!.open(made.tenantId, made.slug, "vendor")).toMatchObject({ outcome: "paused" });
  });

  test("say nothing of the ones that came after", async () => {
    const made = await bearer();
    const one = at.openProcess();
    const open = isOpen(await one.open(made.tenantId, made.slug, "vendor"));
    await at
      .openProcess()
      .rotate({ ...made, connector: "vendor" }, undefined, { credentials: { token: "newer-token" } });
    expect(bearerOf(await one.refused(made.tenantId, open, refusal))).toBe("Bearer newer-token");
    expect(await rowOf(made)).toMatchObject({ status: "active" });
  });
});

describe("a trial", () => {
  test("makes the harmless call with the credentials, and shows nothing of them", async () => {
    const made = await bearer();
    at.endpoint.respond([{ body: `ann, with ${canary}` }]);
    expect(await at.openProcess().test(made.tenantId, made.slug)).toEqual({
      ok: true,
      detail: "Signed in: ann, with [redacted]",
    });
    expect(at.endpoint.requests[0]).toMatchObject({ path: "/me", headers: { authorization: `Bearer ${canary}` } });
    at.endpoint.respond([{ status: 401, body: `no ${canary}` }]);
    expect(await at.openProcess().test(made.tenantId, made.slug)).toEqual({
      ok: false,
      failure: { class: "auth_revoked", code: "http_401", message: "no [redacted]" },
    });
    // It only asks.
    expect(await rowOf(made)).toMatchObject({ status: "active", revision: 1 });
    expect(await at.openProcess().test(made.tenantId, "nothing")).toBeUndefined();
  });

  test("that succeeds makes a connection go on that waited for its owner", async () => {
    const made = await bearer();
    const one = at.openProcess();
    const open = isOpen(await one.open(made.tenantId, made.slug, "vendor"));
    await one.refused(made.tenantId, open, refusal);
    at.endpoint.respond([{ status: 401 }, { status: 200, body: "ann" }]);
    expect(await one.test(made.tenantId, made.slug)).toMatchObject({ ok: false });
    expect(await rowOf(made)).toMatchObject({ status: "reauth_required" });
    expect(await one.test(made.tenantId, made.slug)).toMatchObject({ ok: true });
    expect(await rowOf(made)).toMatchObject({ status: "active", revision: 3 });
    isOpen(await one.open(made.tenantId, made.slug, "vendor"));
  });

  test("asks for a token where there are tokens, another one when the first is refused, and marks nothing", async () => {
    const made = await at.make("vendor", ofClient(at.endpoint));
    at.endpoint.respond(({ path, headers }, index) => {
      if (path === "/token") return aToken(index);
      return headers.authorization === "Bearer token-number-0" ? { status: 401 } : { body: "ann" };
    });
    expect(await at.openProcess().test(made.tenantId, made.slug)).toEqual({ ok: true, detail: "Signed in: ann" });
    expect(at.endpoint.requests.map((one) => one.path)).toEqual(["/token", "/me", "/token", "/me"]);
    const other = await at.make("silent", ofClient(at.endpoint));
    at.endpoint.respond([{ status: 401 }]);
    expect(await at.openProcess().test(other.tenantId, other.slug)).toMatchObject({ ok: false });
    expect(await rowOf(other)).toMatchObject({ status: "active" });
    expect(await rowOf(other)).not.toHaveProperty("lease");
    at.endpoint.respond([aToken(3)]);
    expect(await at.openProcess().test(other.tenantId, other.slug)).toEqual({
      ok: true,
      detail: "Silent gave a token.",
    });
  });

  test("of a connector without a harmless call says that the credentials can be read, and repairs nothing", async () => {
    const made = await at.make("silent", { token: canary });
    const one = at.openProcess();
    const open = isOpen(await one.open(made.tenantId, made.slug, "silent"));
    await one.refused(made.tenantId, open, refusal);
    expect(await one.test(made.tenantId, made.slug)).toMatchObject({
      ok: true,
      detail: expect.stringContaining("can be read"),
    });
    expect(await rowOf(made)).toMatchObject({ status: "reauth_required" });
  });

  test("of a revoked one fails with what to do", async () => {
    const made = await bearer();
    const one = at.openProcess();
    await one.revoke(made.tenantId, made.id);
    expect(await one.test(made.tenantId, made.slug)).toMatchObject({
      ok: false,
      failure: { code: "connection_revoked" },
    });
  });
});

test("a connection that was made under an id is answered when it is made again", async () => {
  const tenantId = await at.store.tenants.create("Acme");
  const id = newId("conn");
  const given = { connector: webhook.id, name: "Signing", slug: "signing", credentials: { secret: whsec } };
  const [first, again] = [
    await at.openProcess().create(tenantId, id, given),
    await at.openProcess().create(tenantId, id, given),
  ];
  expect(again).toEqual(first);
  expect(await at.openProcess().create(tenantId, newId("conn"), given)).toEqual({ outcome: "slug_taken" });
});

const nothing = { applied: { headers: {}, query: {} }, secrets: [] };
