// The recovery of deliveries put together: what the API asks for, and what looks after it in the processes that accept.
import type { ApiDeps } from "./api/deps.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engine/engine.ts";
import { startDueRecoveries } from "./ingest/due-bulk-retries.ts";
import { startRetention } from "./ingest/retention.ts";
import type { Log } from "./log.ts";
import { createDeliveryRetry } from "./recovery/delivery-retry.ts";
import type { Store } from "./store/store.ts";

type Deps = { store: Store; engine: Pick<Engine, "deliveries" | "recoveries" | "isUp">; config: Config; log: Log };

/** What the API asks of it. */
export type DeliveryDesk = Pick<ApiDeps, "deliveries" | "recoveries">;

/** Starts the loops: recoveries that are due, and what the delivery log no longer keeps. */
export function startRecoveries({ store, engine, config, log }: Deps) {
  const due = startDueRecoveries({ store, engine, log });
  const retention = startRetention({ store, retention: config.retention, log });
  const told = (what: string, work: Promise<void>) =>
    void work.catch((err: unknown) => log.debug({ err }, `${what} could not be told to end`));
  const desk: DeliveryDesk = {
    deliveries: {
      retry: createDeliveryRetry({ store, start: engine.deliveries.start }),
      cancel({ tenantId, endpointId, event, _id: deliveryId }) {
        told("a delivery", engine.deliveries.cancel({ tenantId, endpointId, eventId: event.id, deliveryId }));
      },
    },
    recoveries: {
      wake: due.wake,
      // Its document says that it is to stop, and is looked at as long as it runs.
      cancel: (recovery) => told("a recovery", engine.recoveries.cancel(recovery)),
    },
  };
  return {
    desk,
    async close(): Promise<void> {
      await Promise.all([due.close(), retention.close()]);
    },
  };
}
