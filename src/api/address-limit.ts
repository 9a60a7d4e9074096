// Has this address failed to authenticate too often? Counted in bounded memory; who authenticates is never counted.
import ipaddr from "ipaddr.js";

export type AddressLimit = {
  /** How long the address has to wait, in milliseconds; 0 when it need not. */
  waitMs(address: string | undefined): number;
  /** Counts a failed authentication. */
  fail(address: string | undefined): void;
  /** How many addresses are remembered. */
  size(): number;
};

/**
 * Failures of one address that are answered with 401 before it gets 429, and the time after which they are forgotten.
 * Guessing a key of 238 bits is hopeless at any rate: the limit keeps a flood from our database and log.
 */
export const failuresMax = 300;
export const windowMs = 60_000;
const addressesMax = 10_000;

/** Limits by address: an IPv4 one by itself, an IPv6 one by its /64, which is what one household or server has. */
export function createAddressLimit(
  options: { max?: number; nowMs?: () => number; addressesMax?: number } = {},
): AddressLimit {
  const { max = failuresMax, nowMs = Date.now } = options;
  const kept = options.addressesMax ?? addressesMax;
  const windows = new Map<string, { failures: number; endsAtMs: number }>();
  return {
    waitMs(address) {
      if (windows.size === 0) return 0;
      const window = windows.get(networkOf(address));
      if (!window || window.failures < max) return 0;
      return Math.max(0, window.endsAtMs - nowMs());
    },
    fail(address) {
      const network = networkOf(address);
      const known = windows.get(network);
      const now = nowMs();
      const window = known && known.endsAtMs > now ? known : { failures: 0, endsAtMs: now + windowMs };
      window.failures++;
      // Moved to the end: the first entry is the one that has been quiet for longest.
      windows.delete(network);
      windows.set(network, window);
      const [oldest] = windows.keys();
      if (windows.size > kept && oldest !== undefined) windows.delete(oldest);
    },
    size: () => windows.size,
  };
}

/** The network that counts as one sender. */
function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return "unknown";
  // Unmaps ::ffff:192.0.2.1, as which a dual-stack socket shows an IPv4 sender.
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return parsed.toByteArray().slice(0, 8).join(".");
}
