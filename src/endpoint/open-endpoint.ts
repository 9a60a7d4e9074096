// An endpoint ready for sending: its settings resolved to numbers, its profiles found, its secrets open. Lives in memory only.
import type { Profile } from "../delivery/profile.ts";
import type { EndpointHealth, EndpointSecret, EndpointSettings, EndpointStatus } from "../model/endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { JsonObject } from "../model/json.ts";
import type { PlanCondition } from "../model/plan.ts";
import type { RetryPlan } from "../model/retry.ts";

export type OpenEndpoint = {
  id: EndpointId;
  tenantId: TenantId;
  revision: number;
  status: EndpointStatus;
  settings: EndpointSettings;
  profile: Profile;
  also: readonly Profile[];
  /** The filter, compiled. */
  filter?: PlanCondition;
  retry: RetryPlan;
  timeouts: { connectMs?: number; readMs?: number; totalMs: number };
  /** One request each `perMs` milliseconds, `burst` of them at once. */
  rate?: { perMs: number; burst: number };
  concurrency: number;
  /** Absent: deliveries are never parked for failures. */
  breaker?: BreakerLimits;
  batch?: { max: number; forMs: number };
  /** Newest first, with those that have ended: `secretsAt` leaves them out. */
  secrets: readonly EndpointSecret[];
  /** The client's certificate for mutual TLS; `id` changes with it. */
  identity?: { id: string; cert: string; key: string; ca?: string };
  oauth2?: NonNullable<EndpointSettings["oauth2"]> & { clientSecret: string };
  encryptionKey?: JsonObject;
  health: EndpointHealth;
};

export type BreakerLimits = { share: number; min: number; withinMs: number; openMs: number };

/** The secrets that sign at this moment, newest first. */
export function secretsAt(endpoint: Pick<OpenEndpoint, "secrets">, nowMs: number): string[] {
  return endpoint.secrets
    .filter((one) => one.expiresAt === undefined || Date.parse(one.expiresAt) > nowMs)
    .map((one) => one.secret);
}
