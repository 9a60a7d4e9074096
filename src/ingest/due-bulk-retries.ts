// Starts and looks after what goes through many: bulk retries of runs, and recoveries of deliveries.
import type { Engine } from "../engine/engine.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { startDueWork } from "./due-work.ts";

type Times = { nextLookMs?: number };

/** Starts the loop of bulk retries. `wake` makes it look at once. */
export function startDueBulkRetries(deps: {
  store: Pick<Store, "bulkRetries">;
  engine: Pick<Engine, "bulkRetries" | "isUp">;
  log: Log;
  /** For tests. */
  times?: Times;
}) {
  const { store, engine, log, times } = deps;
  const { bulkRetries: rows } = store;
  return startDueWork({ what: "bulk retries", rows, workflows: engine.bulkRetries, isUp: engine.isUp, log, times });
}

/** The same for recoveries of deliveries. */
export function startDueRecoveries(deps: {
  store: Pick<Store, "recoveries">;
  engine: Pick<Engine, "recoveries" | "isUp">;
  log: Log;
  /** For tests. */
  times?: Times;
}) {
  const { store, engine, log, times } = deps;
  const { recoveries: rows } = store;
  return startDueWork({ what: "recoveries", rows, workflows: engine.recoveries, isUp: engine.isUp, log, times });
}
