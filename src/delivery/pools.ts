// Which connections does a request share? One pool for an origin and identity, a bounded number, the least used goes first.
import type { Pool } from "undici";
import { createStrays } from "./strays.ts";
import type { TlsIdentity } from "./tls-identity.ts";

export type Pools = {
  /** The pool of an origin (`https://example.com`) and of who sends there, opened when it is not there. */
  of: (origin: string, identity: TlsIdentity | undefined) => Pool;
  /** Lets one request be dispatched over a connection of its own, which is closed behind it. */
  once: (origin: string, identity: TlsIdentity | undefined, dispatch: (pool: Pool) => void) => void;
  /** Ends all connections; requests under way fail. */
  close: () => Promise<void>;
};

type Held = { pool: Pool; identity: TlsIdentity | undefined };

/** Pools by origin and identity. Above `poolsMax` the least recently used one is closed once its requests are done. */
export function createPools(
  poolsMax: number,
  open: (origin: string, identity: TlsIdentity | undefined) => Pool,
): Pools {
  const heldByKey = new Map<string, Held>();
  const closing = createClosing();
  const strays = createStrays();

  const retire = (key: string, pool: Pool): void => {
    if (heldByKey.get(key)?.pool === pool) heldByKey.delete(key);
    closing.add(pool);
  };
  const retireWhenIdle = (key: string, pool: Pool): void => {
    // A receiver that is not spoken to costs nothing: its pool goes with its last connection.
    if (pool.stats.connected === 0 && pool.stats.size === 0) retire(key, pool);
  };
  const create = (key: string, origin: string, identity: TlsIdentity | undefined): Held => {
    const pool = strays.watch(open(origin, identity));
    pool.on("disconnect", () => retireWhenIdle(key, pool));
    pool.on("connectionError", () => retireWhenIdle(key, pool));
    return { pool, identity };
  };
  /** What is held under the key, unless it was opened with another certificate of the same id. */
  const heldFor = (key: string, identity: TlsIdentity | undefined): Held | undefined => {
    const held = heldByKey.get(key);
    if (held === undefined || isSame(held.identity, identity)) return held;
    retire(key, held.pool);
    return undefined;
  };

  return {
    of(origin, identity) {
      // An origin holds no space, so that no id can be taken for a part of one.
      const key = identity === undefined ? origin : `${origin} ${identity.id}`;
      const held = heldFor(key, identity) ?? create(key, origin, identity);
      heldByKey.delete(key);
      heldByKey.set(key, held);
      if (heldByKey.size > poolsMax) {
        const [oldest] = heldByKey;
        if (oldest !== undefined) retire(oldest[0], oldest[1].pool);
      }
      return held.pool;
    },
    once(origin, identity, dispatch) {
      const pool = strays.watch(open(origin, identity));
      dispatch(pool);
      closing.add(pool);
    },
    async close() {
      const all = [...[...heldByKey.values()].map(({ pool }) => pool), ...closing.pools];
      heldByKey.clear();
      await Promise.all([...all, ...strays.clients].map((one) => one.destroy()));
    },
  };
}

/** Pools that take no more requests, until those that they have are done. */
function createClosing(): { pools: ReadonlySet<Pool>; add: (pool: Pool) => void } {
  const pools = new Set<Pool>();
  return {
    pools,
    add(pool) {
      if (pools.has(pool)) return;
      pools.add(pool);
      const done = (): boolean => pools.delete(pool);
      pool.close().then(done, done);
    },
  };
}

/** An id that is used again for another certificate must not lend it the connections of the first. */
function isSame(one: TlsIdentity | undefined, other: TlsIdentity | undefined): boolean {
  if (one === other) return true;
  return one?.cert === other?.cert && one?.key === other?.key && one?.ca === other?.ca;
}
