// Which connections does a request share? One pool an origin, a bounded number of them, the least used one goes first.
import type { Pool } from "undici";

export type Pools = {
  /** The pool of an origin (`https://example.com`), opened when it is not there. */
  of: (origin: string) => Pool;
  /** Ends all connections; requests under way fail. */
  close: () => Promise<void>;
};

/** Pools by origin. Above `originsMax` the least recently used one is closed once its requests are done. */
export function createPools(originsMax: number, open: (origin: string) => Pool): Pools {
  const poolByOrigin = new Map<string, Pool>();
  const closing = new Set<Pool>();

  const retire = (origin: string, pool: Pool): void => {
    if (poolByOrigin.get(origin) === pool) poolByOrigin.delete(origin);
    if (closing.has(pool)) return;
    closing.add(pool);
    const done = (): boolean => closing.delete(pool);
    pool.close().then(done, done);
  };
  const retireWhenIdle = (origin: string, pool: Pool): void => {
    // A receiver that is not spoken to costs nothing: its pool goes with its last connection.
    if (pool.stats.connected === 0 && pool.stats.size === 0) retire(origin, pool);
  };
  const create = (origin: string): Pool => {
    const pool = open(origin);
    pool.on("disconnect", () => retireWhenIdle(origin, pool));
    pool.on("connectionError", () => retireWhenIdle(origin, pool));
    return pool;
  };

  return {
    of(origin) {
      const pool = poolByOrigin.get(origin) ?? create(origin);
      poolByOrigin.delete(origin);
      poolByOrigin.set(origin, pool);
      if (poolByOrigin.size > originsMax) {
        const [oldest] = poolByOrigin;
        if (oldest !== undefined) retire(oldest[0], oldest[1]);
      }
      return pool;
    },
    async close() {
      const all = [...poolByOrigin.values(), ...closing];
      poolByOrigin.clear();
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}
