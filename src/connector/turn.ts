// When is it a request's turn? Short waits are waited out here; for long ones the step goes back to sleep.
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "../model/failure.ts";
import type { TenantId } from "../model/ids.ts";
import type { Action, Connector } from "./contract.ts";
import type { JsonObject } from "../model/json.ts";
import type { Limited, Limiter } from "./limiter.ts";
import type { OpenConnection } from "./open-connection.ts";
import { stored } from "./store-away.ts";

export type Turn =
  | { outcome: "go" }
  /** Not now: the slot is reserved. */
  | { outcome: "later"; failure: Failure; delayMs: number; slotAtMs: number }
  | { outcome: "cancelled"; failure: Failure };

/** Waits up to this long hold the worker, in milliseconds; a timer of Temporal's would cost more. */
export const waitInPlaceMs = 1_000;
/** How long a vendor that refuses without saying for how long is left alone, in milliseconds. */
const blockMs = 1_000;
/** Of a request that waits for our own limit: no refusal of the vendor's. */
const throttledCode = "throttled";

/** What the action's throttle bounds in this call; undefined when nothing. */
export function limitedOf(
  to: { connector: Connector; action: Action; tenantId: TenantId; connection: OpenConnection | undefined },
  input: JsonObject,
): Limited | undefined {
  const throttle = to.action.throttle?.(input, to.connection?.view);
  if (throttle === undefined) return undefined;
  return { tenantId: to.tenantId, connector: to.connector.id, connection: to.connection?.view.id, throttle };
}

/** Waits for the turn, `inPlaceMs` at most; `slotAtMs` is the slot that an earlier try reserved. Throws StoreAway. */
export async function awaitTurn(
  limiter: Limiter,
  limited: Limited | undefined,
  at: { slotAtMs?: number | undefined; inPlaceMs?: number; signal?: AbortSignal | undefined },
): Promise<Turn> {
  if (limited === undefined) return { outcome: "go" };
  const { waitMs, slotAtMs } = await stored(limiter.claim(limited, at.slotAtMs));
  if (waitMs > (at.inPlaceMs ?? waitInPlaceMs)) {
    const { perMs } = limited.throttle;
    const message = `The system takes one request in ${perMs} ms here: this one waits for its turn.`;
    return {
      outcome: "later",
      failure: { class: "rate_limited", code: throttledCode, message },
      delayMs: waitMs,
      slotAtMs,
    };
  }
  if (waitMs === 0) return { outcome: "go" };
  try {
    await sleep(waitMs, undefined, at.signal === undefined ? {} : { signal: at.signal });
    return { outcome: "go" };
  } catch {
    // The signal is the only thing that ends a sleep early.
    const message = "The request was cancelled before it was sent.";
    return { outcome: "cancelled", failure: { class: "cancelled", code: "aborted", message } };
  }
}

/** After a refusal for too many requests: the others of the same key wait too. */
export async function tellOthers(
  limiter: Limiter,
  limited: Limited | undefined,
  failure: Failure,
  retryAfterMs: number | undefined,
): Promise<void> {
  if (limited === undefined || failure.class !== "rate_limited" || failure.code === throttledCode) return;
  // The step's own delay holds in any case; that others run into the same refusal is a pity, not a fault.
  await limiter.block(limited, retryAfterMs ?? blockMs).catch(() => undefined);
}
