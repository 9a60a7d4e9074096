// A turn of an endpoint's lane: as many of the waiting deliveries as its limits let through now.
import { setMaxListeners } from "node:events";
import { Context } from "@temporalio/activity";
import type { EndpointId, TenantId } from "../src/model/ids.ts";
import { offReason } from "./attempt-delivery.ts";
import { beating } from "./deliver-tries.ts";
import { drainBatches } from "./lane-batches.ts";
import { drainOrdered } from "./lane-ordered.ts";
import { drainPlain } from "./lane-plain.ts";
import type { WebhookDeps } from "./webhook-deps.ts";

export type LaneInput = { tenantId: TenantId; endpointId: EndpointId };

/**
 * `empty`: nobody waits (or they wait for the endpoint to be resumed, which wakes the lane). `more`: there is more to do at
 * once. `wait`: nothing may be sent for so long; `mayWake`: a newcomer may go before that.
 */
export type LaneTurn =
  { outcome: "empty" } | { outcome: "more" } | { outcome: "wait"; waitMs: number; mayWake: boolean };

/** How long a turn lasts at most, in milliseconds: settings that have changed are seen by the next one. */
export const turnMs = 5_000;

/** The activity `drainLane`. Repeatable: everything that it does stands in the deliveries' rows. */
export function createDrainLane(deps: WebhookDeps) {
  return ({ tenantId, endpointId }: LaneInput): Promise<LaneTurn> =>
    beating(async () => {
      const { cancellationSignal: signal } = Context.current();
      // Each request under way listens to it.
      setMaxListeners(0, signal);
      const endpoint = await deps.open(tenantId, endpointId);
      if (endpoint === undefined || endpoint.status === "disabled") {
        await deps.store.deliveries.cancelLane(tenantId, endpointId, offReason(endpoint));
        deps.gates.setAhead(endpointId);
        return { outcome: "empty" };
      }
      if (endpoint.status === "paused") return { outcome: "empty" };
      const turn = { deps, endpoint, signal, untilMs: Date.now() + turnMs };
      if (endpoint.settings.order !== undefined) return drainOrdered(turn);
      if (endpoint.batch !== undefined) return drainBatches(turn, endpoint.batch);
      return drainPlain(turn);
    });
}
