// When does each system try again? A receiver that never takes anything, on a server that skips the time between attempts.
import type { EndpointId } from "../../../src/model/ids.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { startSkippedTime, type SkippedTime } from "./skipped-time.ts";

const minute = 60;
const hour = 60 * minute;
/** Seconds before each retry, by the systems' guides. */
const delaysOf = {
  bakhmach: [5 * minute, 30 * minute, 2 * hour, 24 * hour],
  hub: [5, 25, 125],
  brainsait: [5 * minute, 30 * minute, 2 * hour, 12 * hour, 24 * hour],
  directory: [2, 4, 8, 16],
  aqio: [60, 60, 60],
} as const;
const systems = Object.keys(delaysOf) as (keyof typeof delaysOf)[];
type Sent = { at: number; body: { [member: string]: unknown }; headers: { [name: string]: unknown } };

let time: SkippedTime;
let receiver: Receiver;
const sentTo = new Map<string, Sent[]>();
const endpoints = new Map<string, EndpointId>();

beforeAll(async () => {
  time = await startSkippedTime();
  receiver = await startReceiver();
  receiver.respond(async ({ path, body, headers }) => {
    const of = sentTo.get(path.slice(1)) ?? [];
    of.push({ at: await time.nowMs(), body: JSON.parse(body.toString()) as Sent["body"], headers });
    sentTo.set(path.slice(1), of);
    return { status: 503 };
  });
  for (const system of systems) {
    const settings = {
      url: `${receiver.url}/${system}`,
      events: [`${system}.created`],
      profile: system,
      secret: "secret",
    };
    endpoints.set(system, await time.makeEndpoint(settings));
    await time.publish(`${system}.created`, { taskId: "1" });
    await time.finish();
  }
}, 90_000);
afterAll(async () => {
  await receiver[Symbol.asyncDispose]();
  await time[Symbol.asyncDispose]();
});

describe.each(systems)("%s", (system) => {
  const sent = () => sentTo.get(system) ?? [];

  test("tries at once and then after each of its delays, no sooner, and gives up then", async () => {
    const seconds = sent()
      .slice(1)
      .map(({ at }, i) => (at - (sent()[i]?.at ?? 0)) / 1_000);
    expect(seconds).toHaveLength(delaysOf[system].length);
    // The clock of the server stands still between attempts, and runs while one is made.
    for (const [i, delay] of delaysOf[system].entries()) {
      expect(seconds[i]).toBeGreaterThan(delay - 1);
      expect(seconds[i]).toBeLessThan(delay + 2);
    }
    const [delivery, ...more] = await time.deliveriesOf(endpoints.get(system) ?? "ep_");
    expect([delivery?.status, more]).toEqual(["failed", []]);
    expect(delivery?.attempts.map((one) => one.number)).toEqual([1, ...delaysOf[system].map((_, i) => i + 2)]);
  });

  test("the last attempt lies within its window", () => {
    const total = ((sent().at(-1)?.at ?? 0) - (sent()[0]?.at ?? 0)) / 1_000;
    const sum = delaysOf[system].reduce<number>((all, delay) => all + delay, 0);
    expect(total).toBeLessThan(system === "bakhmach" ? 30 * hour : sum + 10);
  });

  test("every attempt carries the same event", () => {
    const ids = new Set(sent().map(({ body, headers }) => body["id"] ?? headers["x-event-type"]));
    expect(ids.size).toBe(1);
  });
});

test("directory counts the attempt in the body, and keeps `created`", () => {
  const sent = sentTo.get("directory") ?? [];
  expect(sent.map(({ body }) => (body["webhook"] as { delivery_attempt: number }).delivery_attempt)).toEqual([
    1, 2, 3, 4, 5,
  ]);
  expect(new Set(sent.map(({ body }) => body["created"])).size).toBe(1);
});

test("hub gives each attempt an X-Delivery-ID of its own, under one X-Webhook-ID", () => {
  const sent = sentTo.get("hub") ?? [];
  expect(new Set(sent.map(({ headers }) => headers["x-delivery-id"])).size).toBe(4);
  expect(new Set(sent.map(({ headers }) => headers["x-webhook-id"]))).toEqual(new Set([endpoints.get("hub")]));
});
