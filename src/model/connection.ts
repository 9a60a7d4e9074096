// A connection: one tenant's sealed credentials for one connector.
import type { ConnectionId, TenantId } from "./ids.ts";
import type { JsonSchema } from "./json.ts";

/** How a connection authenticates. `signing`: the secrets that a tenant's webhooks are signed with. */
export const authKinds = ["bearer", "basic", "apiKey", "webhookUrl", "oauth2", "jwtBearer", "signing"] as const;
export type AuthKind = (typeof authKinds)[number];

/**
 * `active`: usable. `reauth_required`: the vendor refuses the credentials; steps wait until the owner has given new ones.
 * `revoked`: ended by its owner; steps that use it fail.
 */
export const connectionStatuses = ["active", "reauth_required", "revoked"] as const;
export type ConnectionStatus = (typeof connectionStatuses)[number];

/** A connection without its secrets. */
export type Connection = {
  id: ConnectionId;
  tenantId: TenantId;
  slug: string;
  name: string;
  connector: string;
  kind: AuthKind;
  status: ConnectionStatus;
  /** Why it is not active: one sentence for its owner. */
  statusReason?: string;
  /** Grows with each change that people see: the ETag. */
  revision: number;
  createdAt: Date;
  updatedAt: Date;
  lastUsedAt?: Date;
};

/** A connection as the API shows it. Credentials are never shown. */
export const connectionSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["id", "slug", "name", "connector", "kind", "status", "createdAt", "updatedAt"],
  properties: {
    id: { type: "string", pattern: "^conn_[0-9A-Za-z]{22}$" },
    slug: { type: "string", description: "What steps name it by, beside its id." },
    name: { type: "string" },
    connector: { type: "string" },
    kind: { type: "string", enum: authKinds },
    status: { type: "string", enum: connectionStatuses },
    statusReason: { type: "string", description: "Why it is not active." },
    createdAt: { type: "string", format: "date-time" },
    updatedAt: { type: "string", format: "date-time" },
    lastUsedAt: { type: "string", format: "date-time" },
  },
};
