// How does a recovery of deliveries go on? Page by page: those whose turn it is, each asked for once, whatever is killed meanwhile.
import type { Log } from "../log.ts";
import type { DeliveryRecovery, DeliveryRefusal, RecoveryPage } from "../model/delivery-recovery.ts";
import { AppError } from "../model/errors.ts";
import type { DeliveryId, RecoveryId, TenantId } from "../model/ids.ts";
import { storageError } from "../store/database.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";
import type { PageCircumstances, PageOutcome } from "./bulk.ts";
import { refusalOf, startAsked, type AskDeps } from "./delivery-ask.ts";
import { planReplay, type ReplayDeps } from "./delivery-replay.ts";
import { eachOf } from "./hands.ts";

export type RecoveryDeps = AskDeps &
  ReplayDeps & {
    store: AskDeps["store"] & ReplayDeps["store"] & Pick<Store, "recoveries" | "recoveryRefusals">;
    log: Log;
  };

export type RecoveryKey = { tenantId: TenantId; id: RecoveryId };

/** Recoveries over their dependencies. */
export function createRecoveryPages(deps: RecoveryDeps) {
  const { recoveries } = deps.store;
  return {
    /**
     * Gives the next deliveries their turn. A page is written down before its first delivery is asked for, and each one that
     * was asked for is marked: a page that was cut off is repeated by the next call without those. Only who died between
     * asking and marking has a delivery asked for twice, which is one more attempt of it under the same id. Rejects when the
     * store or Temporal does not answer.
     */
    async nextPage({ tenantId, id }: RecoveryKey, around: PageCircumstances): Promise<PageOutcome> {
      const recovery = await recoveries.find(tenantId, id);
      if (recovery?.status !== "running") return { outcome: "ended" };
      if (recovery.stopRequestedAt && !recovery.page) return end(deps, recovery, "cancelled");
      const page =
        recovery.page ?? (await recoveries.beginPage(recovery, await planPage(deps, recovery, around.limit)));
      // Another one, which was taken for dead, has been through it.
      if (page === undefined) return { outcome: "open", made: 0 };
      const refused = await takeTurns(deps, recovery, page, around);
      await recoveries.endPage(recovery, page, refused);
      if (page.isLast) return end(deps, recovery, "succeeded");
      return { outcome: "open", made: page.ids.length - refused };
    },

    /** Ends a recovery whose workflow was cancelled. What was asked for goes on. */
    stop: (key: RecoveryKey): Promise<void> => recoveries.end(key, { status: "cancelled" }),
  };
}

async function end({ store }: RecoveryDeps, recovery: DeliveryRecovery, status: "succeeded" | "cancelled") {
  await store.recoveries.end(recovery, { status });
  return { outcome: "ended" } as const;
}

async function planPage(deps: RecoveryDeps, recovery: DeliveryRecovery, limit: number): Promise<RecoveryPage> {
  if (recovery.kind === "replay") return planReplay(deps, recovery, limit);
  const { tenantId, filter, position, createdAt } = recovery;
  const { since, eventType, statuses, endpoint, class: failureClass } = filter;
  const until = filter.until !== undefined && filter.until < createdAt ? filter.until : createdAt;
  const asked = { since, until, eventType, statuses, endpoint, class: failureClass };
  // Of this kind the position is a delivery's id.
  const { ids, next } = await deps.store.deliveries.idsAfter(
    tenantId,
    asked,
    position as DeliveryId | undefined,
    limit,
  );
  const last = next ?? ids.at(-1);
  return {
    ids,
    seen: ids.length,
    undecided: 0,
    ...(last === undefined ? {} : { position: last }),
    isLast: next === undefined,
  };
}

/** Gives everything of a page its turn that has not had it yet; answers how many were refused, before or now. */
async function takeTurns(
  deps: RecoveryDeps,
  recovery: DeliveryRecovery,
  { ids }: RecoveryPage,
  { signal, isLastTry }: PageCircumstances,
): Promise<number> {
  if (ids.length === 0) return 0;
  const { tenantId, id } = recovery;
  const { deliveries, recoveryRefusals } = deps.store;
  const [rows, refusedBefore] = await Promise.all([
    deliveries.findMany(tenantId, ids),
    recoveryRefusals.among(tenantId, id, ids),
  ]);
  const rowById = new Map(rows.map((row) => [row._id, row] as const));
  const refused = new Set(refusedBefore);
  const open = ids.filter((one) => !refused.has(one) && rowById.get(one)?.recoveries?.includes(id) !== true);
  const isRepeated = recovery.page !== undefined;
  await eachOf(open, async (one) => {
    signal.throwIfAborted();
    // Of a page that is repeated it may have been asked for, and be carried out at this very moment.
    const row = isRepeated ? await deliveries.find(tenantId, one) : rowById.get(one);
    const refusal = await takeTurn(deps, recovery, one, row, isLastTry);
    if (refusal === undefined) return;
    await recoveryRefusals.add(tenantId, id, refusal);
    refused.add(one);
  });
  return refused.size;
}

async function takeTurn(
  deps: RecoveryDeps,
  { tenantId, id, filter, kind }: DeliveryRecovery,
  delivery: DeliveryId,
  row: StoredDelivery | undefined,
  isLastTry: boolean,
): Promise<DeliveryRefusal | undefined> {
  if (row === undefined) {
    return { delivery, code: "resource.not_found", message: "The delivery is no longer in the log." };
  }
  const statuses = kind === "replay" ? ["skipped"] : filter.statuses;
  // It stands otherwise than when its page began: whoever died asked for it and could not mark it, or somebody else did.
  const isAsked = statuses !== undefined && !statuses.includes(row.status);
  try {
    const refusal = isAsked ? undefined : await refusalOf(deps, row);
    if (refusal) return { delivery, ...refusal };
    if (!isAsked) await startAsked(deps, row, "recovery");
    // Either way it has had its turn, and is among those whose outcomes are counted.
    await deps.store.recoveries.markAsked(tenantId, id, delivery);
    return undefined;
  } catch (thrown) {
    const error = storageError(thrown);
    const isAway = error instanceof AppError && error.status === 503;
    // A fault of ours in one delivery must not keep all others waiting for ever.
    if (isAway || !isLastTry) throw error;
    deps.log.error({ err: error, deliveryId: delivery, recoveryId: id }, "a delivery could not be asked for");
    const message = "Something went wrong on our side: the log says what.";
    return { delivery, code: "service.internal", message };
  }
}
