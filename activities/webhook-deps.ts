// What the activities of webhook endpoints need of the house.
import type { CarryDeps } from "../src/endpoint/carry.ts";
import type { Gates } from "../src/endpoint/gates.ts";
import type { StartDelivery, WakeLane } from "../src/endpoint/hand-on.ts";
import type { OpenEndpoint } from "../src/endpoint/open-endpoint.ts";
import type { Log } from "../src/log.ts";
import type { EndpointId, TenantId } from "../src/model/ids.ts";
import type { Store } from "../src/store/store.ts";

export type WebhookDeps = Omit<CarryDeps, "gates"> & {
  store: Pick<Store, "deliveries" | "endpoints" | "events" | "recoveries" | "recoveryRefusals">;
  gates: Gates;
  /** The endpoint as it stands now; undefined when it was deleted. Rejects when the store does not answer. */
  open(tenantId: TenantId, id: EndpointId): Promise<OpenEndpoint | undefined>;
  start: StartDelivery;
  wakeLane: WakeLane;
  log: Log;
};
