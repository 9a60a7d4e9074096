// Limits that all processes share, by the database's clock.
import { createLimiter } from "../../src/connector/limiter.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let stores: Store[];
beforeAll(async () => {
  const database = uniqueName("limits");
  // Two processes at one database.
  stores = [
    await openStore(testServers().mongodbUri, { database }),
    await openStore(testServers().mongodbUri, { database }),
  ];
});
afterAll(() => Promise.all(stores.map((store) => store.close())));

const limitsOf = (process: number): Store["limits"] => {
  const store = stores[process % stores.length];
  if (store === undefined) throw new Error("There are two stores.");
  return store.limits;
};

test("the first goes at once, and the next ones wait their time, whichever process asks", async () => {
  const slots = [];
  for (let i = 0; i < 4; i++) slots.push(await limitsOf(i).reserve("tnt_1/slow", 60_000, 1));
  expect(slots[0]?.waitMs).toBe(0);
  const [first = 0, ...rest] = slots.map(({ slotAtMs }) => slotAtMs);
  expect(rest.map((at) => at - first)).toEqual([60_000, 120_000, 180_000]);
});

test("a burst goes at once, and what comes after it waits", async () => {
  const waits = [];
  for (let i = 0; i < 5; i++) waits.push((await limitsOf(i).reserve("tnt_1/burst", 60_000, 3)).waitMs);
  expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
  expect(waits[3]).toBeGreaterThan(59_000);
  expect(waits[4]).toBeGreaterThan(119_000);
});

test("of many that ask at once each gets a slot of its own", async () => {
  const asked = Array.from({ length: 40 }, (_, i) => limitsOf(i).reserve("tnt_1/at-once", 1_000, 1));
  const times = (await Promise.all(asked)).map(({ slotAtMs }) => slotAtMs).sort((a, b) => a - b);
  const steps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  expect(steps.every((step) => step >= 1_000)).toBe(true);
});

test("keys do not touch each other", async () => {
  await limitsOf(0).reserve("tnt_1/a", 60_000, 1);
  expect((await limitsOf(0).reserve("tnt_2/a", 60_000, 1)).waitMs).toBe(0);
});

test("a blocked key lets nothing through before its time, and then one after the other", async () => {
  await limitsOf(0).block("tnt_1/blocked", 30_000);
  const first = await limitsOf(1).reserve("tnt_1/blocked", 1_000, 5);
  expect(first.waitMs).toBeGreaterThan(29_000);
  expect(first.waitMs).toBeLessThanOrEqual(30_000);
  await limitsOf(0).block("tnt_1/blocked", 10);
  expect(await limitsOf(1).blockedMs("tnt_1/blocked")).toBeGreaterThan(28_000);
});

test("a slot that was reserved is not used while the key has been blocked since", async () => {
  const limiter = createLimiter(limitsOf(0));
  const limited = { tenantId: "tnt_3", connector: "test", throttle: { key: "k", perMs: 1 } } as const;
  const { slotAtMs } = await limiter.claim(limited);
  expect(await limiter.claim(limited, slotAtMs)).toEqual({ waitMs: 0, slotAtMs });
  await limiter.block(limited, 20_000);
  expect((await limiter.claim(limited, slotAtMs)).waitMs).toBeGreaterThan(19_000);
});

test("keys of any length are told apart", async () => {
  const limiter = createLimiter(limitsOf(0));
  const of = (key: string) => ({ tenantId: "tnt_4", connector: "test", throttle: { key, perMs: 60_000 } }) as const;
  expect((await limiter.claim(of("x".repeat(5_000)))).waitMs).toBe(0);
  expect((await limiter.claim(of(`${"x".repeat(4_999)}y`))).waitMs).toBe(0);
  expect((await limiter.claim(of("x".repeat(5_000)))).waitMs).toBeGreaterThan(50_000);
});

test("a limit that was raised counts at once, whatever the earlier one had reserved", async () => {
  const dayMs = 86_400_000;
  expect((await limitsOf(0).take("tnt_1/raised", dayMs, 1)).waitMs).toBe(0);
  expect((await limitsOf(0).take("tnt_1/raised", dayMs, 1)).waitMs).toBeGreaterThan(dayMs - 60_000);
  expect((await limitsOf(1).take("tnt_1/raised", 10, 100)).waitMs).toBeLessThanOrEqual(10);
});

test.each([1.4, 2.5, 0.1, 142.857])("one each %d ms is that many in the long run, not a rounded one", async (perMs) => {
  const count = 600;
  const key = `tnt_1/each-${perMs}`;
  const slots = [];
  // Reserved ahead, so that no time passes that would count.
  await limitsOf(0).reserve(key, 600_000, 1);
  for (let i = 0; i < count; i++) slots.push((await limitsOf(i).reserve(key, perMs, 1)).slotAtMs);
  const spanMs = (slots.at(-1) ?? 0) - (slots[0] ?? 0);
  // Four deviations of a coin that falls so many times.
  expect(Math.abs(spanMs - (count - 1) * perMs)).toBeLessThan(2 * Math.sqrt(count));
});
