// The lane of an ordered endpoint: one delivery of a key after the other, keys side by side. Retries keep their place.
import { deliveryIdOf } from "../src/endpoint/delivery-id.ts";
import { dueInMs } from "../src/endpoint/hand-on.ts";
import type { StoredDelivery } from "../src/store/deliveries.ts";
import type { LaneTurn } from "./drain-lane.ts";
import { pause } from "./deliver-tries.ts";
import { attemptRow, endGone, eventsOf, pass, recordRow, type Turn } from "./lane-turn.ts";

/** Keys that are looked at in one round. */
const keysMax = 200;
/** How long an event that is on its way into the lane is waited for, in milliseconds. */
const arrivalMs = 50;

/** For how long a key has to wait; 0: it is empty, or its turn is over. */
type KeyWait = { waitMs: number; mayWake: boolean };

/**
 * A delivery goes only when none of its key, and no event that may be of its key, is before it. One that fails waits for its
 * retry in front of the others of its key; given up, it lets them pass.
 */
export async function drainOrdered(turn: Turn): Promise<LaneTurn> {
  const { deps, endpoint, signal, untilMs } = turn;
  while (Date.now() < untilMs && !signal.aborted) {
    const isSafe = await upToWhere(turn);
    if (isSafe === undefined) return { outcome: "empty" };
    const heads = await deps.store.deliveries.laneHeads(endpoint.tenantId, endpoint.id, keysMax);
    const ready = heads.filter(isSafe);
    if (ready.length === 0) {
      await pause(arrivalMs, signal);
      continue;
    }
    const waits = await Promise.all(ready.map((head) => drainKey(turn, head, isSafe)));
    const open = waits.filter((wait) => wait.waitMs > 0);
    if (open.length === waits.length && ready.length === heads.length) {
      const waitMs = Math.min(...open.map((wait) => wait.waitMs));
      return { outcome: "wait", waitMs, mayWake: open.every((wait) => wait.mayWake) };
    }
  }
  return { outcome: "more" };
}

type IsSafe = (row: StoredDelivery) => boolean;

/**
 * Which of those that wait may go, whatever comes into the lane from now on? Read in this order: what came before the last
 * that waits has been stored before, and whether it is on its way still is asked after that. What joins the lane later waits
 * for the next look. Undefined: nobody waits.
 */
async function upToWhere(turn: Turn): Promise<IsSafe | undefined> {
  const { tenantId, id } = turn.endpoint;
  const last = await turn.deps.store.deliveries.laneEnd(tenantId, id);
  if (last === undefined) return undefined;
  const owed = await oldestOnItsWay(turn);
  return ({ event: { key } }) => key <= last && (owed === undefined || key < owed);
}

/** The oldest event that was accepted for the endpoint and has not come into its lane yet: it may be of any key. */
async function oldestOnItsWay({ deps, endpoint: { tenantId, id } }: Turn): Promise<string | undefined> {
  const owed = await deps.store.deliveries.owedTo(tenantId, id);
  if (owed.length === 0) return undefined;
  const rows = await deps.store.deliveries.findMany(
    tenantId,
    owed.map((key) => deliveryIdOf({ _id: key }, id)),
  );
  const arrived = new Set<string>(rows.map((row) => row.event.key));
  return owed.find((key) => !arrived.has(key));
}

/** Sends the deliveries of one key until one of them has to wait. */
async function drainKey(turn: Turn, first: StoredDelivery, isSafe: IsSafe): Promise<KeyWait> {
  const { deps, signal, untilMs } = turn;
  const key = first.lane?.key ?? "";
  let head: StoredDelivery | undefined = first;
  while (head !== undefined && Date.now() < untilMs && !signal.aborted) {
    if (!isSafe(head)) return { waitMs: 0, mayWake: true };
    const waitMs = dueInMs(head, deps.nowMs());
    if (waitMs > 0) return { waitMs, mayWake: true };
    const wait = await sendHead(turn, head);
    if (wait.waitMs > 0) return wait;
    head = await deps.store.deliveries.laneHeadOf(head.tenantId, head.endpointId, key);
  }
  return { waitMs: 0, mayWake: true };
}

async function sendHead(turn: Turn, head: StoredDelivery): Promise<KeyWait> {
  const event = (await eventsOf(turn.deps, [head])).get(head.event.key);
  if (event === undefined) {
    await endGone(turn.deps, head);
    await turn.deps.store.deliveries.leaveLane(head.tenantId, head._id);
    return { waitMs: 0, mayWake: true };
  }
  const passed = await pass(turn);
  if (!passed.ok) return { waitMs: Math.max(1, passed.waitMs), mayWake: false };
  const carried = await attemptRow(turn, head, event);
  if (carried !== undefined) await recordRow(turn, head, carried, true);
  return { waitMs: 0, mayWake: true };
}
