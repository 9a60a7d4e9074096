// How is one delivery made again by hand? In place of its next automatic attempt, and each asking with an attempt of its own.
import { setTimeout as pause } from "node:timers/promises";
import { AppError } from "../model/errors.ts";
import { randomBase62, type DeliveryId, type TenantId } from "../model/ids.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";
import { refusalOf, startAsked, type AskDeps } from "./delivery-ask.ts";

export type DeliveryRetry = (row: StoredDelivery) => Promise<void>;

export type DeliveryRetryDeps = AskDeps & { store: AskDeps["store"] & Pick<Store, "bulkTurns"> };

/** How often whoever waits looks again, in milliseconds. */
const lookEveryMs = 20;
/** Of several that ask at once each waits for those before it, this long at most, in milliseconds. */
const turnWaitMs = 8_000;
/** Longer than a turn takes: whoever takes it over must not meet the one who had it. */
const turnLeaseMs = 15_000;
/** An attempt under way is not cut off before this, in milliseconds. */
const underWayMs = 5_000;
/** How long the new attempt is waited for, in milliseconds; one that has to wait for its endpoint's limits begins later. */
const beginsWithinMs = 2_000;

/**
 * Retries by hand. Resolves when the attempt has been asked for for good, and as a rule has begun: the next one who asks has
 * another one made. Throws AppError `state.conflict`, `delivery.not_retriable` and `service.engine_unavailable`.
 */
export function createDeliveryRetry(deps: DeliveryRetryDeps): DeliveryRetry {
  const { bulkTurns } = deps.store;
  return async (row) => {
    const refusal = await refusalOf(deps, row);
    if (refusal) throw new AppError(refusal.code, { detail: refusal.message });
    const { tenantId, _id: id } = row;
    const by = randomBase62(22);
    await takeTurn(deps, row, by);
    try {
      // A new asking takes the place of the workflow that is there: what that one has under way is to be recorded.
      const before = await lookUntil(deps, row, underWayMs, (now) => !isUnderWay(now));
      await startAsked(deps, row, "manual");
      await lookUntil(deps, row, beginsWithinMs, (now) => now.begun > before.begun || now.lane?.why === "paused");
    } finally {
      await bulkTurns.finish(tenantId, id, by);
    }
  };
}

async function takeTurn({ store }: DeliveryRetryDeps, { tenantId, _id: id }: StoredDelivery, by: string) {
  const untilMs = Date.now() + turnWaitMs;
  while ((await store.bulkTurns.begin(tenantId, id, by, turnLeaseMs)) !== by) {
    if (Date.now() > untilMs) {
      throw new AppError("state.conflict", { detail: "Others are retrying this delivery at this moment." });
    }
    await pause(lookEveryMs);
  }
}

/** The delivery when the condition holds, or when the time is over. */
async function lookUntil(
  { store }: DeliveryRetryDeps,
  { tenantId, _id: id }: { tenantId: TenantId; _id: DeliveryId },
  limitMs: number,
  holds: (now: StoredDelivery) => boolean,
): Promise<StoredDelivery> {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const now = await store.deliveries.find(tenantId, id);
    if (!now) throw new AppError("resource.not_found", { detail: "There is no delivery with this id." });
    if (holds(now) || Date.now() > untilMs) return now;
    await pause(lookEveryMs);
  }
}

/** An attempt has begun whose end is not recorded. */
function isUnderWay({ status, begun, attempts }: StoredDelivery): boolean {
  return status === "pending" && begun > 0 && !attempts.some(({ number }) => number === begun);
}
