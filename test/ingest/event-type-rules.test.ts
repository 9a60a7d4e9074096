// What becomes of publishes when schemas cannot be asked, and when types change elsewhere: on a real MongoDB.
import { createPayloadJudge, type PayloadJudge, type TextVerdict } from "../../src/flow/payload/judge.ts";
import { watchEventTypeRules } from "../../src/ingest/event-type-rules.ts";
import { createLog } from "../../src/log.ts";
import { newId, type TenantId } from "../../src/model/ids.ts";
import type { SchemaMode } from "../../src/model/event-type.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("rules") });
});
afterAll(() => store.close());

const tenantId: TenantId = newId("tnt");
const schema = { type: "object", required: ["id"] };
const at = () => "";

async function addType(name: string, mode: SchemaMode) {
  const made = await store.eventTypes.create(tenantId, newId("etyp"), {
    name,
    description: "",
    schema,
    mode,
    retired: false,
  });
  if (made === "name_taken") throw new Error(`${name} is there already`);
  return made;
}
const eventOf = (type: string, dataText = "{}") => ({
  id: newId("evt"),
  type,
  occurredAt: new Date().toISOString(),
  dataText,
});

/** Rules with a judge that answers what it is told, and counts how often it is asked. */
async function rulesWith(verdict: () => Promise<TextVerdict> | TextVerdict, nowMs = Date.now) {
  let asked = 0;
  const judge: Pick<PayloadJudge, "checkText" | "close"> = {
    checkText: async () => {
      asked++;
      return verdict();
    },
    close: async () => undefined,
  };
  const rules = await watchEventTypeRules({ eventTypes: store.eventTypes, judge, log: createLog("silent"), nowMs });
  return { rules, asked: () => asked };
}

test("a change in another process is followed", async () => {
  const judge = createPayloadJudge();
  const rules = await watchEventTypeRules({ eventTypes: store.eventTypes, judge, log: createLog("silent") });
  const name = "rules.followed";
  const isAsked = async () => {
    const found = await rules.check(tenantId, [eventOf(name)], at)?.then(
      (warnings) => warnings.length,
      () => "refused",
    );
    return found;
  };
  expect(await isAsked()).toBeFalsy();
  const made = await addType(name, "reject");
  await until(async () => (await isAsked()) === "refused");
  await store.eventTypes.replace(tenantId, undefined, { ...made, mode: "warn" });
  await until(async () => (await isAsked()) === 1);
  await store.eventTypes.remove(tenantId, name, undefined);
  await until(async () => !(await isAsked()));
  await rules.close();
});

test("a type that rejects and cannot be asked answers 503, so that the sender comes back; one that warns takes the event", async () => {
  await addType("rules.unasked", "reject");
  await addType("rules.unasked-warns", "warn");
  const { rules } = await rulesWith(() => ({ fits: "unknown", message: "The schema takes too much time." }));
  await expect(rules.check(tenantId, [eventOf("rules.unasked")], at)).rejects.toMatchObject({
    code: "service.overloaded",
    message: expect.stringContaining("takes too much time"),
  });
  expect(await rules.check(tenantId, [eventOf("rules.unasked-warns")], at)).toMatchObject([
    { pointer: "/data", message: expect.stringContaining("takes too much time") },
  ]);
  await rules.close();
});

test("a schema that took too much is left alone for ten seconds: others wait for the same thread", async () => {
  await addType("rules.slow", "warn");
  let now = 1_000;
  const { rules, asked } = await rulesWith(
    () => ({ fits: "unknown", message: "Too slow." }),
    () => now,
  );
  const check = () => rules.check(tenantId, [eventOf("rules.slow")], at);
  expect(await check()).toHaveLength(1);
  expect(await check()).toHaveLength(1);
  expect(asked()).toBe(1);
  now += 10_001;
  expect(await check()).toHaveLength(1);
  expect(asked()).toBe(2);
  await rules.close();
});

test("no more than a thousand events wait for their check", async () => {
  await addType("rules.crowded", "reject");
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { rules, asked } = await rulesWith(() => gate.then(() => ({ fits: true as const })));
  const one = () => Promise.resolve(rules.check(tenantId, [eventOf("rules.crowded", '{"id":1}')], at));
  const crowd = Promise.all(Array.from({ length: 1_000 }, one));
  await expect(one()).rejects.toMatchObject({ code: "service.overloaded" });
  expect(asked()).toBe(1_000);
  release();
  await crowd;
  expect(await one()).toEqual([]);
  await rules.close();
});

test("a tenant that holds nothing against schemas waits for nothing", async () => {
  const { rules } = await rulesWith(() => ({ fits: true }));
  expect(rules.check(newId("tnt"), [eventOf("rules.anything")], at)).toBeUndefined();
  await rules.close();
});
