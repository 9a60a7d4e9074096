// Removes what has had its time: the bodies of attempts first, and much later the rows of deliveries.
import { setTimeout as pause } from "node:timers/promises";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Swept } from "../store/delivery-retention.ts";
import type { Store } from "../store/store.ts";
import { startLoop } from "./loop.ts";

const everyMs = 3_600_000;
/** Between two portions, in milliseconds: others want the database too. */
const breathMs = 20;

type Deps = {
  store: Pick<Store, "deliveries" | "deliveryBodies" | "nowMs">;
  retention: Config["retention"];
  log: Log;
  /** For tests. */
  nowMs?: () => number;
};

/** Starts the loop: at once, and then hourly. Several processes may sweep at once: what is gone is gone. */
export function startRetention(deps: Deps) {
  const { store, retention, log, nowMs = store.nowMs } = deps;
  const sweep = async (portion: (after: string | undefined) => Promise<Swept>): Promise<number> => {
    let removed = 0;
    let after: string | undefined;
    do {
      const swept = await portion(after);
      removed += swept.removed;
      after = swept.next;
      if (after !== undefined) await pause(breathMs);
    } while (after !== undefined && !loop.isClosing());
    return removed;
  };
  const work = async () => {
    const ago = (ms: number) => new Date(nowMs() - ms);
    const bodiesBefore = ago(retention.bodiesMs);
    const bodies = await sweep((after) => store.deliveryBodies.sweepBodies(bodiesBefore, after));
    const rowsBefore = ago(retention.deliveriesMs);
    const deliveries = await sweep((after) => store.deliveries.sweepRows(rowsBefore, after));
    if (bodies + deliveries > 0) log.info({ bodies, deliveries }, "removed what has had its time");
  };
  const loop = startLoop(everyMs, work, (err) => log.warn({ err }, "what has had its time could not be removed yet"));
  return { wake: loop.wake, close: loop.close };
}
