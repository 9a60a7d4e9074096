// What a page of a recovery does when things go wrong in the middle: on a real MongoDB, where nothing carries deliveries out.
import { deliveryIdOf } from "../../src/endpoint/delivery-id.ts";
import { newDelivery } from "../../src/endpoint/new-delivery.ts";
import { createLog } from "../../src/log.ts";
import type { DeliveryRecovery, RecoveryFilter } from "../../src/model/delivery-recovery.ts";
import { AppError } from "../../src/model/errors.ts";
import { newId, type DeliveryId, type EndpointId, type TenantId } from "../../src/model/ids.ts";
import { createRecoveryPages, type RecoveryDeps } from "../../src/recovery/delivery-pages.ts";
import type { Listener } from "../../src/recovery/delivery-replay.ts";
import type { StoredDelivery } from "../../src/store/deliveries.ts";
import { newEventKey, newStoredEvent, type FanOut, type StoredEvent } from "../../src/store/events.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("recovery") });
});
afterAll(() => store.close());

type World = { tenantId: TenantId; endpoint: EndpointId };

async function aWorld(status: "enabled" | "disabled" = "enabled"): Promise<World> {
  const [tenantId, endpoint] = [newId("tnt"), newId("ep")];
  const settings = { url: "https://hooks.example.com/in", events: ["order.*"], profile: "standard" };
  await store.endpoints.create(tenantId, endpoint, { settings, status, sealed: "" });
  return { tenantId, endpoint };
}

async function anEvent({ tenantId }: World, type = "order.created", fanOut?: FanOut): Promise<StoredEvent> {
  const event = { id: newId("evt"), type, occurredAt: new Date().toISOString(), dataText: "{}" };
  const about = { tenantId, targets: [], misses: [], key: newEventKey(), due: new Date() };
  const stored = newStoredEvent(event, { ...about, ...(fanOut === undefined ? {} : { fanOut }) });
  await store.events.insert(stored);
  return stored;
}

/** Deliveries that have failed, each of an event of its own, in the order of their ids. */
async function failed(world: World, count: number): Promise<DeliveryId[]> {
  const ids: DeliveryId[] = [];
  for (let n = 0; n < count; n++) {
    const row = newDelivery(await anEvent(world), world.endpoint);
    await store.deliveries.insert({ ...row, status: "failed", class: "transient", endedAt: new Date() });
    ids.push(row._id);
  }
  return ids.toSorted();
}

async function aRecovery(
  { tenantId }: World,
  kind: DeliveryRecovery["kind"],
  filter: RecoveryFilter,
): Promise<DeliveryRecovery> {
  const counts = { total: 0, capped: false, done: 0, retried: 0, refused: 0 };
  // A second later: what was made in this very millisecond came before it.
  const createdAt = new Date(Date.now() + 1_000);
  const recovery: DeliveryRecovery = {
    id: newId("drec"),
    tenantId,
    kind,
    status: "running",
    filter,
    perSecond: 20,
    createdAt,
    ...counts,
  };
  await store.recoveries.insert(recovery);
  return recovery;
}

const listener: Listener = { events: ["order.*"], isTest: false, wants: () => "wanted" };

/** Pages whose asking is a list; `broken` stands before parts of the store or the start. */
function pagesWith(
  broken: {
    start?: (nth: number) => void;
    store?: Partial<Store["recoveries"]>;
    deliveries?: Partial<Store["deliveries"]>;
    listener?: Listener;
  } = {},
) {
  const asked: DeliveryId[] = [];
  const start: RecoveryDeps["start"] = async ({ deliveryId }) => {
    asked.push(deliveryId);
    broken.start?.(asked.length);
    return { outcome: "started" };
  };
  const pages = createRecoveryPages({
    store: {
      ...store,
      recoveries: { ...store.recoveries, ...broken.store },
      deliveries: { ...store.deliveries, ...broken.deliveries },
    },
    start,
    listenerOf: async () => broken.listener ?? listener,
    newDelivery,
    deliveryIdOf,
    log: createLog("silent"),
  });
  return { ...pages, asked };
}

const around = { limit: 5, isLastTry: false, signal: new AbortController().signal };
const stored = async ({ tenantId, id }: DeliveryRecovery) => (await store.recoveries.find(tenantId, id))!;
const away = () => new AppError("service.engine_unavailable");

/** Carries a recovery out to its end. */
async function finish(pages: ReturnType<typeof pagesWith>, recovery: DeliveryRecovery): Promise<DeliveryRecovery> {
  for (let n = 0; n < 50; n++)
    if ((await pages.nextPage(recovery, around)).outcome === "ended") return stored(recovery);
  throw new Error("The recovery does not end.");
}

test("page after page, every delivery that matches is asked for once, oldest first", async () => {
  const world = await aWorld();
  const ids = await failed(world, 12);
  const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
  const pages = pagesWith();
  expect(await pages.nextPage(recovery, around)).toEqual({ outcome: "open", made: 5 });
  expect(pages.asked.toSorted()).toEqual(ids.slice(0, 5));
  expect(await finish(pages, recovery)).toMatchObject({ status: "succeeded", done: 12, retried: 12, refused: 0 });
  expect(pages.asked.toSorted()).toEqual(ids);
});

test.each([1, 2, 5, 6, 9])(
  "asking that breaks at the %dth delivery goes on with those that have not been asked for",
  async (nth) => {
    const world = await aWorld();
    const ids = await failed(world, 9);
    const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
    const breaking = pagesWith({
      start: (asked) => {
        if (asked === nth) throw away();
      },
    });
    await expect(finish(breaking, recovery)).rejects.toMatchObject({ code: "service.engine_unavailable" });
    const refusedToStart = breaking.asked[nth - 1]!;
    const going = pagesWith();
    expect(await finish(going, recovery)).toMatchObject({ status: "succeeded", done: 9, retried: 9, refused: 0 });
    // The one that broke comes again, and no other.
    expect([...breaking.asked, ...going.asked].toSorted()).toEqual([...ids, refusedToStart].toSorted());
  },
);

test("who dies between asking and marking has that delivery asked for again, unless it is under way", async () => {
  const world = await aWorld();
  const [first, second] = await failed(world, 2);
  const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
  const dying = pagesWith({ store: { markAsked: () => Promise.reject(new AppError("service.storage_unavailable")) } });
  await expect(dying.nextPage(recovery, around)).rejects.toMatchObject({ code: "service.storage_unavailable" });
  expect(dying.asked.toSorted()).toEqual([first, second]);
  // Meanwhile the first one's workflow has begun.
  await store.deliveries.reopen(world.tenantId, first!, "by", "recovery");
  const going = pagesWith();
  expect(await finish(going, recovery)).toMatchObject({ status: "succeeded", retried: 2, refused: 0 });
  expect(going.asked).toEqual([second]);
  // Both are among its deliveries, by whoever they were asked for.
  expect(await store.recoveries.outcomesOf(world.tenantId, recovery.id)).toEqual(
    new Map([
      ["pending", 1],
      ["failed", 1],
    ]),
  );
});

test("a delivery that begins while a page is repeated is not asked for again", async () => {
  const world = await aWorld();
  const ids = await failed(world, 5);
  const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
  const dying = pagesWith({ store: { markAsked: () => Promise.reject(new AppError("service.storage_unavailable")) } });
  await expect(dying.nextPage(recovery, around)).rejects.toMatchObject({ code: "service.storage_unavailable" });
  const going = pagesWith({
    deliveries: {
      async findMany(tenantId, asked) {
        const rows = await store.deliveries.findMany(tenantId, asked);
        await Promise.all(ids.map((id) => store.deliveries.reopen(tenantId, id, "by", "recovery")));
        return rows;
      },
    },
  });
  await finish(going, recovery);
  expect(going.asked).toEqual([]);
});

test("a page whose end was noted and whose answer was lost is not counted twice, nor is one of two at once", async () => {
  const world = await aWorld();
  await failed(world, 7);
  const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
  const losing = pagesWith({
    store: {
      endPage: async (...args) => {
        await store.recoveries.endPage(...args);
        throw new AppError("service.storage_unavailable");
      },
    },
  });
  await expect(losing.nextPage(recovery, around)).rejects.toMatchObject({ code: "service.storage_unavailable" });
  expect(await stored(recovery)).toMatchObject({ done: 5, retried: 5 });
  const [one, other] = [pagesWith(), pagesWith()];
  await Promise.all([one.nextPage(recovery, around), other.nextPage(recovery, around)]);
  await finish(one, recovery);
  expect(await stored(recovery)).toMatchObject({ status: "succeeded", done: 7, retried: 7, refused: 0 });
});

test("deliveries of events that came after the request are left alone, and so is what matches no more", async () => {
  const world = await aWorld();
  const [mended, open] = await failed(world, 2);
  const recovery = await aRecovery(world, "recover", { endpoint: world.endpoint, statuses: ["failed"] });
  await store.deliveries.insert({
    ...(await store.deliveries.find(world.tenantId, open!))!,
    _id: newId("dlv", Date.now() + 5_000),
  });
  await store.deliveries.reopen(world.tenantId, mended!, "by", "manual");
  const pages = pagesWith();
  expect(await finish(pages, recovery)).toMatchObject({ retried: 1, refused: 0 });
  expect(pages.asked).toEqual([open]);
});

test("what cannot be made again is refused with its reason, each once, and the others go on", async () => {
  const world = await aWorld();
  const ids = await failed(world, 6);
  const row = (await store.deliveries.find(world.tenantId, ids[0]!))!;
  const eventless: StoredDelivery = { ...row, _id: newId("dlv"), event: { ...row.event, key: newId("evt") } };
  await store.deliveries.insert(eventless);
  const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
  const pages = pagesWith();
  expect(await finish(pages, recovery)).toMatchObject({ status: "succeeded", retried: 6, refused: 1 });
  expect(pages.asked.toSorted()).toEqual(ids);
  expect(await store.recoveryRefusals.first(world.tenantId, recovery.id, 10)).toEqual([
    { delivery: eventless._id, code: "delivery.not_retriable", message: expect.stringContaining("no longer stored") },
  ]);
});

test("a fault of ours in one delivery refuses that one at the last try, and holds up no other", async () => {
  const world = await aWorld();
  const ids = await failed(world, 3);
  const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
  const faulty = () => {
    const pages = pagesWith({
      start: () => {
        if (pages.asked.at(-1) === ids[1]) throw new TypeError("a fault");
      },
    });
    return pages;
  };
  await expect(faulty().nextPage(recovery, around)).rejects.toThrow("a fault");
  expect(await faulty().nextPage(recovery, { ...around, isLastTry: true })).toEqual({ outcome: "ended" });
  expect(await stored(recovery)).toMatchObject({ status: "succeeded", retried: 2, refused: 1 });
  expect(await store.recoveryRefusals.first(world.tenantId, recovery.id, 10)).toMatchObject([
    { delivery: ids[1], code: "service.internal" },
  ]);
});

test("one that is to stop ends with the page that is on, and begins no other", async () => {
  const world = await aWorld();
  const ids = await failed(world, 8);
  const recovery = await aRecovery(world, "retry", { endpoint: world.endpoint, statuses: ["failed"] });
  const breaking = pagesWith({
    start: (asked) => {
      if (asked === 5) throw away();
    },
  });
  await store.recoveries.markStarted(recovery, new Date(), 60_000);
  await expect(breaking.nextPage(recovery, around)).rejects.toMatchObject({ code: "service.engine_unavailable" });
  await store.recoveries.requestStop(recovery);
  const going = pagesWith();
  expect(await finish(going, recovery)).toMatchObject({ status: "cancelled", done: 5, retried: 5 });
  expect(new Set([...breaking.asked, ...going.asked])).toEqual(new Set(ids.slice(0, 5)));
});

describe("a replay", () => {
  test("makes what is missing and what was skipped, and leaves alone what is there or on its way", async () => {
    const world = await aWorld();
    const { tenantId, endpoint } = world;
    const never = await anEvent(world);
    const skipped = await anEvent(world);
    await store.deliveries.insert({ ...newDelivery(skipped, endpoint), status: "skipped", endedAt: new Date() });
    const arrived = await anEvent(world);
    await store.deliveries.insert({ ...newDelivery(arrived, endpoint), status: "delivered", endedAt: new Date() });
    await anEvent(world, "review.created");
    const owed = { state: "pending", dueAt: new Date(), fence: 0, endpoints: [endpoint], total: 1 } as const;
    await anEvent(world, "order.created", { ...owed, endpoints: [endpoint] });
    const recovery = await aRecovery(world, "replay", { endpoint });
    const pages = pagesWith();
    expect(await finish(pages, recovery)).toMatchObject({ status: "succeeded", done: 5, retried: 2, refused: 0 });
    expect(pages.asked.toSorted()).toEqual([deliveryIdOf(never, endpoint), deliveryIdOf(skipped, endpoint)].toSorted());
    expect(await store.deliveries.find(tenantId, deliveryIdOf(never, endpoint))).toMatchObject({
      status: "skipped",
      reason: { code: "missed" },
      event: { id: never.id },
      attempts: [],
    });
  });

  test("makes again what was skipped while the rest of its event is still being sent to others", async () => {
    const world = await aWorld();
    const { endpoint } = world;
    const endpoints = [endpoint, newId("ep")];
    const owed = { state: "pending", dueAt: new Date(), fence: 0, endpoints, total: 2 } as const;
    const event = await anEvent(world, "order.created", { ...owed, endpoints });
    await store.deliveries.insert({ ...newDelivery(event, endpoint), status: "skipped", endedAt: new Date() });
    const pages = pagesWith();
    const recovery = await aRecovery(world, "replay", { endpoint });
    expect(await finish(pages, recovery)).toMatchObject({ status: "succeeded", done: 1, retried: 1, refused: 0 });
    expect(pages.asked).toEqual([deliveryIdOf(event, endpoint)]);
  });

  test("takes only events of the type that was asked for, and those that the filter wants", async () => {
    const world = await aWorld();
    const events = [await anEvent(world), await anEvent(world, "order.paid"), await anEvent(world, "order.paid")];
    const wanted = deliveryIdOf(events[1]!, world.endpoint);
    const recovery = await aRecovery(world, "replay", { endpoint: world.endpoint, eventType: "order.paid" });
    const pages = pagesWith({
      listener: { ...listener, wants: ({ id }) => (id === events[1]!.id ? "wanted" : "unwanted") },
    });
    expect(await finish(pages, recovery)).toMatchObject({ retried: 1, done: 3 });
    expect(pages.asked).toEqual([wanted]);
  });

  test("says of an event whose filter cannot be decided that it was refused, and why, once", async () => {
    const world = await aWorld();
    const event = await anEvent(world);
    const recovery = await aRecovery(world, "replay", { endpoint: world.endpoint });
    const undecided: Listener = {
      ...listener,
      wants: () => ({ class: "filter", code: "budget", message: "It took too long." }),
    };
    const pages = pagesWith({ listener: undecided });
    expect(await finish(pages, recovery)).toMatchObject({ status: "succeeded", retried: 0, refused: 1 });
    expect(await store.recoveryRefusals.first(world.tenantId, recovery.id, 10)).toEqual([
      {
        delivery: deliveryIdOf(event, world.endpoint),
        code: "endpoint.invalid",
        message: "The endpoint's filter could not be decided: It took too long.",
      },
    ]);
  });

  test("goes through very many events in pages, also where none of them is wanted", async () => {
    const world = await aWorld();
    for (let n = 0; n < 30; n++) await Promise.all(Array.from({ length: 20 }, () => anEvent(world, "review.created")));
    const last = await anEvent(world);
    const recovery = await aRecovery(world, "replay", { endpoint: world.endpoint });
    const pages = pagesWith();
    expect(await pages.nextPage(recovery, around)).toEqual({ outcome: "open", made: 0 });
    expect(await finish(pages, recovery)).toMatchObject({ status: "succeeded", done: 601, retried: 1 });
    expect(pages.asked).toEqual([deliveryIdOf(last, world.endpoint)]);
  });
});
