// The activities of recoveries: the next page of deliveries, and the end of one whose workflow was cancelled.
import { Context } from "@temporalio/activity";
import { deliveryIdOf } from "../src/endpoint/delivery-id.ts";
import { matchEndpoint } from "../src/endpoint/endpoint-index.ts";
import { newDelivery } from "../src/endpoint/new-delivery.ts";
import type { EndpointId, TenantId } from "../src/model/ids.ts";
import type { PageOutcome } from "../src/recovery/bulk.ts";
import { createRecoveryPages, type RecoveryKey } from "../src/recovery/delivery-pages.ts";
import type { Listener } from "../src/recovery/delivery-replay.ts";
import { beating } from "./deliver-tries.ts";
import type { WebhookDeps } from "./webhook-deps.ts";

type Deps = Pick<WebhookDeps, "open" | "log" | "start" | "store">;
export type RecoveryActivities = ReturnType<typeof createRecoveryPage>;

/** From this try on, a delivery that fails for no known reason is refused instead of holding up the others. */
const lastTry = 5;

/** The activities over their dependencies. */
export function createRecoveryPage({ store, start, open, log }: Deps) {
  const listenerOf = async (tenantId: TenantId, id: EndpointId): Promise<Listener | undefined> => {
    const endpoint = await open(tenantId, id);
    if (endpoint === undefined) return undefined;
    const { events, testMode } = endpoint.settings;
    return { events, isTest: testMode === true, wants: (event) => matchEndpoint(endpoint, event) };
  };
  const pages = createRecoveryPages({ store, start, log, listenerOf, newDelivery, deliveryIdOf });
  return {
    /** Gives the next deliveries of a recovery their turn. Repeatable; rejects while the store does not answer. */
    recoveryPage: ({ tenantId, id, limit }: RecoveryKey & { limit: number }): Promise<PageOutcome> =>
      beating(() => {
        const { info, cancellationSignal: signal } = Context.current();
        return pages.nextPage({ tenantId, id }, { limit, isLastTry: info.attempt >= lastTry, signal });
      }),

    /** Ends a recovery whose workflow was cancelled. */
    stopRecovery: (key: RecoveryKey): Promise<void> => pages.stop(key),
  };
}
