// How does the API show deliveries? Rows with their attempts, and with what was sent and answered as far as it is kept.
import type { AttemptRow } from "../model/delivery.ts";
import type { DeadLetterView, DeliveryAttemptView, DeliveryRowView } from "../model/delivery-schema.ts";
import { AppError } from "../model/errors.ts";
import { isId, type DeliveryId, type TenantId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import { bodyKey } from "../store/delivery-bodies.ts";
import type { BodyHeads } from "../store/delivery-body-heads.ts";
import type { Store } from "../store/store.ts";

type Bodies = ReadonlyMap<string, BodyHeads>;
const noBodies: Bodies = new Map();

/** The delivery. Throws AppError `resource.not_found`. */
export async function findDelivery(
  { deliveries }: Pick<Store, "deliveries">,
  tenantId: TenantId,
  id: string,
): Promise<StoredDelivery> {
  const row = isId("dlv", id) ? await deliveries.find(tenantId, id) : undefined;
  if (!row) throw new AppError("resource.not_found", { detail: "There is no delivery with this id." });
  return row;
}

/** One delivery with whole bodies. */
export async function deliveryView(
  { deliveryBodies }: Pick<Store, "deliveryBodies">,
  row: StoredDelivery,
): Promise<DeliveryRowView> {
  return viewOf(row, row.attempts.length === 0 ? noBodies : await deliveryBodies.of(row.tenantId, [row._id]));
}

/** Those of a page, with the beginnings of bodies. */
export async function deliveryViews(
  { deliveryBodies }: Pick<Store, "deliveryBodies">,
  tenantId: TenantId,
  rows: readonly StoredDelivery[],
): Promise<DeliveryRowView[]> {
  const tried = rows.filter(({ attempts }) => attempts.length > 0).map(({ _id }) => _id);
  const bodies = await deliveryBodies.headsOf(tenantId, tried);
  return rows.map((row) => viewOf(row, bodies));
}

function viewOf(row: StoredDelivery, bodies: Bodies): DeliveryRowView {
  const { _id: id, endpointId, event, status, reason, nextAttemptAt, lane, createdAt, endedAt, test } = row;
  return {
    id,
    endpoint: endpointId,
    event: { id: event.id, type: event.type },
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(row.class === undefined ? {} : { class: row.class }),
    attempts: inOrder(row.attempts).map((attempt) => attemptView(id, attempt, bodies)),
    ...(nextAttemptAt === undefined || status !== "pending" ? {} : { nextAttemptAt: nextAttemptAt.toISOString() }),
    ...(lane === undefined ? {} : { waiting: lane.why }),
    createdAt: createdAt.toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
    ...(test === undefined ? {} : { test }),
  };
}

/** An attempt that was given up may have been written after a later one. */
function inOrder(attempts: readonly AttemptRow[]): AttemptRow[] {
  return attempts.toSorted((a, b) => a.number - b.number);
}

function attemptView(id: DeliveryId, attempt: AttemptRow, bodies: Bodies): DeliveryAttemptView {
  const { startedAt, nextAttemptAt, ...fields } = attempt;
  return {
    ...fields,
    startedAt: startedAt.toISOString(),
    ...bodies.get(bodyKey(id, attempt.number)),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: nextAttemptAt.toISOString() }),
  };
}

/** A delivery that was given up, in short: lists of them need no bodies. */
export function deadLetterView(row: StoredDelivery): DeadLetterView {
  const { _id: id, endpointId, event, reason, createdAt, endedAt } = row;
  const last = inOrder(row.attempts).at(-1);
  return {
    id,
    endpoint: endpointId,
    event: { id: event.id, type: event.type },
    status: row.status === "rejected" ? "rejected" : "failed",
    ...(reason === undefined ? {} : { reason }),
    ...(row.class === undefined ? {} : { class: row.class }),
    ...(last?.message === undefined ? {} : { message: last.message }),
    ...(last?.status === undefined ? {} : { lastStatus: last.status }),
    ...(last === undefined ? {} : { lastAttemptAt: last.startedAt.toISOString() }),
    attempts: row.attempts.length,
    createdAt: createdAt.toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  };
}
