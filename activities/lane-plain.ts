// The lane of an endpoint without order: what limits and breaker kept, as fast as they let it through.
import { dueInMs, handOn } from "../src/endpoint/hand-on.ts";
import type { StoredDelivery } from "../src/store/deliveries.ts";
import type { StoredEvent } from "../src/store/events.ts";
import type { LaneTurn } from "./drain-lane.ts";
import { persist } from "./deliver-tries.ts";
import { attemptRow, endGone, eventsOf, pass, recordRow, type Turn } from "./lane-turn.ts";

/** Rows that are read at once; their events may have half a megabyte each. */
const pageMax = 50;

/** Drains until the time of the turn is over, nobody waits, or the endpoint's limits say so. */
export async function drainPlain(turn: Turn): Promise<LaneTurn> {
  const { deps, endpoint, signal, untilMs } = turn;
  while (Date.now() < untilMs && !signal.aborted) {
    const openMs = deps.gates.openForMs(endpoint);
    if (openMs > 0) return { outcome: "wait", waitMs: openMs, mayWake: false };
    const rows = await deps.store.deliveries.laneHead(endpoint.tenantId, endpoint.id, pageMax);
    if (rows.length === 0) {
      deps.gates.setAhead(endpoint.id);
      return { outcome: "empty" };
    }
    const events = await eventsOf(deps, rows);
    const waitMs = await drainPage(turn, rows, events);
    if (waitMs > 0) return { outcome: "wait", waitMs, mayWake: false };
  }
  return { outcome: "more" };
}

/** Sends a page of rows side by side. Answers for how long nothing more may be sent, 0 when all had their turn. */
async function drainPage(turn: Turn, rows: StoredDelivery[], events: Map<string, StoredEvent>): Promise<number> {
  const underWay: Promise<void>[] = [];
  let waitMs = 0;
  for (const row of rows) {
    const event = events.get(row.event.key);
    if (event === undefined) {
      await endGone(turn.deps, row);
      continue;
    }
    // Tried before, and not due yet: only its handing on is missing.
    if (row.attempts.length > 0 && dueInMs(row, turn.deps.nowMs()) > 0) {
      underWay.push(release(turn, row));
      continue;
    }
    const passed = await pass(turn);
    if (!passed.ok) {
      waitMs = Math.max(1, passed.waitMs);
      break;
    }
    underWay.push(sendRow(turn, row, event));
  }
  // One that fails is found again by the next turn; the others must not be left alone meanwhile.
  const ends = await Promise.allSettled(underWay);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return waitMs;
}

async function sendRow(turn: Turn, row: StoredDelivery, event: StoredEvent): Promise<void> {
  const carried = await attemptRow(turn, row, event);
  if (carried === undefined) return;
  const isOver = carried.next.status !== "pending";
  // It keeps its place until its retries are started: a crash in between must not leave it to nobody.
  await recordRow(turn, row, carried, !isOver);
  // With its breaker open a workflow would only bring it back here.
  if (!isOver && turn.deps.gates.openForMs(turn.endpoint) === 0) await release(turn, row, carried.leftMs());
}

/** Has Temporal carry on a delivery that was tried, and takes it out of the lane. */
async function release({ deps }: Turn, row: StoredDelivery, delayMs?: number): Promise<void> {
  if (!(await handOn(deps, row, delayMs))) throw new Error("The retries of a waiting delivery could not be started.");
  await persist(() => deps.store.deliveries.leaveLane(row.tenantId, row._id));
}
