// What the API needs of the rest of the house.
import type { Config } from "../config.ts";
import type { ActionSchemas } from "../flow/compile.ts";
import type { SigningSecrets } from "../connector/signing-secrets.ts";
import type { Event } from "../model/event.ts";
import type { EventId, FlowId, RunId, TenantId } from "../model/ids.ts";
import type { Run } from "../model/run.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";

export type Accepted =
  | { outcome: "accepted" | "duplicate"; id: EventId; matched: number; runs: RunId[]; deliveries: number }
  | { outcome: "overloaded"; retryAfterMs: number };

export type ActionCatalogue = ReadonlyMap<string, ActionSchemas>;

export type ApiDeps = {
  config: Pick<Config, "publicUrl" | "corsOrigins">;
  store: Store;
  log: Log;
  /** Throws AppError `service.storage_unavailable` when it is not known whether the event is stored. */
  accept(tenantId: TenantId, event: Event): Promise<Accepted>;
  runs: {
    cancel(tenantId: TenantId, runId: RunId): Promise<"cancelled" | "cancelling" | "ended" | "unknown">;
    temporalUrl(run: Run): string | undefined;
  };
  /** Resolves when the match index of this process follows the flow as it stands now. */
  flowsChanged(flowId: FlowId): Promise<void>;
  actions: ActionCatalogue;
  signingSecrets: SigningSecrets;
  ready(): Promise<{ ready: boolean; checks: Record<string, string> }>;
};
