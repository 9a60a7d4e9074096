// The lane of an endpoint that takes batches: one request for many events, each of which has its own record.
import { createHash } from "node:crypto";
import { carryAttempt, followAnswer } from "../src/endpoint/carry.ts";
import { dueInMs } from "../src/endpoint/hand-on.ts";
import type { StoredDelivery } from "../src/store/deliveries.ts";
import { eventOf } from "../src/store/events.ts";
import type { LaneTurn } from "./drain-lane.ts";
import { persist } from "./deliver-tries.ts";
import { endGone, eventsOf, pass, type Turn } from "./lane-turn.ts";

type Rule = { max: number; forMs: number };
/** A batch that is due, or when the next one will be. */
type Due = { batch: string; rows: StoredDelivery[] } | { waitMs: number } | undefined;

/** Data of one batch, in bytes: a batch ends before it would pass this. */
const batchBytesMax = 1024 * 1024;
/** Rows that are looked at for batches that are due. */
const rowsMax = 3_000;

/** Sends the batches that are due, one after the other. */
export async function drainBatches(turn: Turn, rule: Rule): Promise<LaneTurn> {
  const { deps, endpoint, signal, untilMs } = turn;
  while (Date.now() < untilMs && !signal.aborted) {
    const rows = await deps.store.deliveries.laneHead(endpoint.tenantId, endpoint.id, rowsMax);
    const due = nextBatch(rows, rule, deps.nowMs());
    if (due === undefined) return { outcome: "empty" };
    if ("waitMs" in due) return { outcome: "wait", waitMs: due.waitMs, mayWake: true };
    const passed = await pass(turn);
    if (!passed.ok) return { outcome: "wait", waitMs: Math.max(1, passed.waitMs), mayWake: false };
    await sendBatch(turn, due.batch, due.rows);
  }
  return { outcome: "more" };
}

/** The batch to send now: one that is to be repeated, one that is full, or one whose first event has waited long enough. */
export function nextBatch(rows: readonly StoredDelivery[], rule: Rule, nowMs: number): Due {
  if (rows.length === 0) return undefined;
  const begun = byBatch(rows);
  let waitMs = Number.POSITIVE_INFINITY;
  for (const [batch, members] of begun) {
    const dueMs = Math.max(...members.map((row) => dueInMs(row, nowMs)));
    if (dueMs <= 0) return { batch, rows: members };
    waitMs = Math.min(waitMs, dueMs);
  }
  const fresh = rows.filter((row) => row.lane?.batch === undefined).slice(0, rule.max);
  const [first] = fresh;
  if (first === undefined) return { waitMs };
  const restMs = first.createdAt.getTime() + rule.forMs - nowMs;
  if (fresh.length < rule.max && restMs > 0) return { waitMs: Math.min(waitMs, restMs) };
  return { batch: batchIdOf(fresh), rows: fresh };
}

/** Those that have been sent before, by the batch that they were sent in. */
function byBatch(rows: readonly StoredDelivery[]): Map<string, StoredDelivery[]> {
  const found = new Map<string, StoredDelivery[]>();
  for (const row of rows) {
    const batch = row.lane?.batch;
    if (batch !== undefined) found.set(batch, [...(found.get(batch) ?? []), row]);
  }
  return found;
}

/** The same for the same deliveries: a batch that is sent again has the id that its receiver knows. */
function batchIdOf(rows: readonly StoredDelivery[]): string {
  const digest = createHash("sha256")
    .update(rows.map((row) => row._id).join("/"))
    .digest("base64url");
  return `batch_${digest.replaceAll(/[-_]/g, "").slice(0, 22)}`;
}

/** Sends a batch whose gate was passed, and records the attempt with each of its deliveries. */
async function sendBatch(turn: Turn, batch: string, rows: readonly StoredDelivery[]): Promise<void> {
  const { deps, endpoint, signal } = turn;
  const carried = await makeAttempt(turn, batch, rows).catch((error: unknown) => {
    deps.gates.leave(endpoint);
    throw error;
  });
  if (carried === undefined || signal.aborted) return;
  const { attempt, bodies, next, nextAttemptAt } = carried.made;
  const lane = next.status === "pending" ? ({ why: "batch", batch } as const) : undefined;
  const change = { status: next.status, class: "class" in next ? next.class : undefined, nextAttemptAt, lane };
  await persist(async () => {
    await Promise.all(
      carried.rows.map(({ tenantId, _id: id }) =>
        deps.store.deliveries.record({ tenantId, id, attempt, bodies, change }),
      ),
    );
  });
  await followAnswer(deps, endpoint, carried.made);
}

async function makeAttempt(turn: Turn, batch: string, rows: readonly StoredDelivery[]) {
  const { deps, endpoint, signal } = turn;
  const events = await eventsOf(deps, rows);
  const members: { row: StoredDelivery; deliveryId: string; event: ReturnType<typeof eventOf> }[] = [];
  let bytes = 0;
  for (const row of rows) {
    const event = events.get(row.event.key);
    if (event === undefined) {
      await endGone(deps, row);
      await deps.store.deliveries.leaveLane(row.tenantId, row._id);
      continue;
    }
    bytes += event.data.length();
    // A batch that was sent before stays as it was; a new one ends here, and the rest makes the next one.
    if (members.length > 0 && bytes > batchBytesMax && row.lane?.batch === undefined) break;
    members.push({ row, deliveryId: row._id, event: eventOf(event) });
  }
  const [first] = members;
  if (first === undefined) {
    deps.gates.leave(endpoint);
    return undefined;
  }
  const ids = members.map((one) => one.row._id);
  // Before it is sent: after a crash the same deliveries are sent together again, under the same id.
  await deps.store.deliveries.joinBatch(endpoint.tenantId, ids, batch);
  const begun = await Promise.all(ids.map((id) => deps.store.deliveries.begin(endpoint.tenantId, id)));
  const number = Math.max(1, ...begun.map((row) => row?.begun ?? 1));
  const made = await carryAttempt(deps, {
    endpoint,
    deliveryId: batch,
    events: members,
    isBatch: true,
    number,
    position: first.row.attempts.length + 1,
    trigger: first.row.attempts.length === 0 ? "first" : "automatic",
    firstAt: first.row.attempts[0]?.startedAt,
    signal,
  });
  if (made.judgement.failure?.class === "cancelled") return undefined;
  return { made, rows: members.map((one) => one.row) };
}
