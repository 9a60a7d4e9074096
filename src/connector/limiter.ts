// May this be sent now? What a vendor bounds is counted in one place for all processes, and waited for, never run into.
import { createHash } from "node:crypto";
import type { ConnectionId, TenantId } from "../model/ids.ts";
import type { LimitStore, Slot } from "../store/limits.ts";
import type { Throttle } from "./contract.ts";

/** What is limited: one key of one connection (or of the tenant, for actions without one). */
export type Limited = {
  tenantId: TenantId;
  connector: string;
  connection?: ConnectionId | undefined;
  throttle: Throttle;
};

export type Limiter = {
  /**
   * The slot in which it may be sent: `waitMs` 0 is now. A slot that was reserved before (`slotAtMs`) is used when its
   * time has come and is not long over; else another one is reserved. Rejects when the store does not answer.
   */
  claim(limited: Limited, slotAtMs?: number): Promise<Slot>;
  /** After the vendor has asked for fewer requests: nothing of this key for so many milliseconds. */
  block(limited: Limited, forMs: number): Promise<void>;
};

/**
 * How long a reserved slot holds after its time, in milliseconds: the way from a timer to the worker. Slots that a stall has
 * made late meet those of the present, so that it is not longer.
 */
const slotHoldsMs = 2_000;
/** Longer keys, which people's data makes possible, are told apart by their hash. */
const keyCharsMax = 300;

/** The limiter over its rows in the store. */
export function createLimiter(limits: Pick<LimitStore, "reserve" | "block" | "blockedMs" | "nowMs">): Limiter {
  return {
    async claim(limited, slotAtMs) {
      const { perMs, burst = 1 } = limited.throttle;
      const key = keyOf(limited);
      const overMs = slotAtMs === undefined ? Number.POSITIVE_INFINITY : limits.nowMs() - slotAtMs;
      // The vendor may have refused others while this one waited for its slot.
      if (slotAtMs !== undefined && overMs < slotHoldsMs && (await limits.blockedMs(key)) === 0) {
        // Timers and clocks of different machines differ a little: what is left is waited for.
        return { waitMs: Math.max(0, -overMs), slotAtMs };
      }
      return limits.reserve(key, perMs, burst);
    },
    block: (limited, forMs) => limits.block(keyOf(limited), forMs),
  };
}

function keyOf({ tenantId, connector, connection, throttle }: Limited): string {
  const key = `${tenantId}/${connector}/${connection ?? ""}/${throttle.key}`;
  if (key.length <= keyCharsMax) return key;
  return `${tenantId}/${connector}/${connection ?? ""}/sha256:${createHash("sha256").update(throttle.key).digest("hex")}`;
}
