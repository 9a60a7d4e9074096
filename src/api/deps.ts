// What the API needs of the rest of the house.
import type { Config } from "../config.ts";
import type { ActionSchemas } from "../flow/compile.ts";
import type { ConnectionDesk } from "../connector/connections.ts";
import type { Connector } from "../connector/contract.ts";
import type { SigningSecrets } from "../connector/signing-secrets.ts";
import type { Metrics } from "../endpoint/metrics.ts";
import type { BulkRetry } from "../model/bulk-retry.ts";
import type { HttpClient } from "../delivery/http.ts";
import type { EndpointDesk } from "../endpoint/desk.ts";
import type { OpenEndpoint } from "../endpoint/open-endpoint.ts";
import type { Profiles } from "../endpoint/profiles.ts";
import type { SendTest } from "../endpoint/test-send.ts";
import type { DeliveryRecovery } from "../model/delivery-recovery.ts";
import type { Event } from "../model/event.ts";
import type { EndpointId, EventId, FlowId, RunId, TenantId } from "../model/ids.ts";
import type { Run } from "../model/run.ts";
import type { EventTypeRules } from "../ingest/event-type-rules.ts";
import type { Log } from "../log.ts";
import type { DeliveryRetry } from "../recovery/delivery-retry.ts";
import type { Recovery } from "../recovery/retry.ts";
import type { Replay } from "../recovery/replay.ts";
import type { StoredDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";
import type { CodecEndpoint } from "./codec.ts";
import type { Vault } from "../vault/vault.ts";

export type Accepted =
  | { outcome: "accepted" | "duplicate"; id: EventId; matched: number; runs: RunId[]; deliveries: number }
  | { outcome: "overloaded"; retryAfterMs: number };

export type ActionCatalogue = ReadonlyMap<string, ActionSchemas>;

export type ApiDeps = {
  /** Without `inbox` there is none. */
  config: Pick<Config, "publicUrl" | "corsOrigins"> & Partial<Pick<Config, "inbox" | "metrics">>;
  store: Store;
  /** Seals what is kept of answers. */
  vault: Vault;
  log: Log;
  /** Throws AppError `service.storage_unavailable` when it is not known whether the event is stored. */
  accept(tenantId: TenantId, event: Event): Promise<Accepted>;
  eventTypeRules: Pick<EventTypeRules, "check" | "changed">;
  runs: {
    cancel(tenantId: TenantId, runId: RunId): Promise<"cancelled" | "cancelling" | "ended" | "unknown">;
    temporalUrl(run: Run): string | undefined;
  };
  recovery: Recovery & Replay;
  bulkRetries: {
    /** Has bulk retries started that are due. */
    wake(): void;
    /** Tells the workflow of one to end, if Temporal answers; nobody waits for it. */
    cancel(bulk: BulkRetry): void;
  };
  deliveries: {
    /** Has an attempt made now; throws AppError when none can be. */
    retry: DeliveryRetry;
    /** Tells the workflow of a delivery that was ended; nobody waits for it. */
    cancel(row: StoredDelivery): void;
  };
  recoveries: {
    /** Has recoveries of deliveries started that are due. */
    wake(): void;
    /** Tells the workflow of one to end, if Temporal answers; nobody waits for it. */
    cancel(recovery: DeliveryRecovery): void;
  };
  /** Resolves when the match index of this process follows the flow as it stands now. */
  flowsChanged(flowId: FlowId): Promise<void>;
  actions: ActionCatalogue;
  connectors: readonly Connector[];
  connections: ConnectionDesk;
  signingSecrets: SigningSecrets;
  endpoints: EndpointDesk;
  profiles: Profiles;
  sendTest: SendTest;
  /** For checks of URLs before anybody subscribes. */
  http: Pick<HttpClient, "send">;
  /** An endpoint with its secrets, from memory: the inbox tells by them who signed. */
  openEndpoint?: (tenantId: TenantId, id: EndpointId) => OpenEndpoint | undefined;
  /** For Prometheus; absent: nothing is measured, and there is no `/metrics`. */
  metrics?: Metrics;
  /** For Temporal's UI; absent while payloads are not sealed. */
  codec?: CodecEndpoint;
  ready(): Promise<{ ready: boolean; checks: Record<string, string> }>;
};
