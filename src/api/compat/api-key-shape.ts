// What is an API key in the words of `aqio`, and what may be asked for?
import { createSchemaCheck } from "../../flow/schema-findings.ts";
import { parseNetworks } from "../../delivery/address-ranges.ts";
import { didYouMean } from "../../flow/suggest.ts";
import { apiKeyPrefix } from "../../model/api-key.ts";
import type { JsonObject, JsonSchema } from "../../model/json.ts";
import type { Finding } from "../../model/problem.ts";
import type { StoredApiKey } from "../../store/api-keys.ts";
import { scopeNames, scopesOf } from "./scope-names.ts";

export type GivenKey = {
  name: string;
  description?: string | null;
  scopes: string[];
  allowed_ips?: string[] | null;
  expires_at?: string | null;
};

export const givenKeySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "scopes"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 200 },
    description: { type: ["string", "null"], maxLength: 2_000 },
    scopes: {
      type: "array",
      minItems: 1,
      maxItems: 50,
      items: { type: "string", maxLength: 100 },
      description: "What it may do: scopes of ours, or names such as `registrations:write`.",
    },
    allowed_ips: {
      type: ["array", "null"],
      minItems: 1,
      maxItems: 100,
      items: { type: "string", maxLength: 50 },
      description: "Addresses or networks in CIDR form that it may be used from.",
    },
    expires_at: {
      type: ["string", "null"],
      format: "date-time",
      description: "RFC 3339, such as 2027-01-01T00:00:00Z.",
    },
  },
};
const checkSchema = createSchemaCheck(givenKeySchema);

/** What is wrong with what is asked for. */
export function checkKey(value: unknown): Finding[] {
  const shape = checkSchema(value);
  if (shape.length > 0) return shape;
  const { scopes, allowed_ips: networks, expires_at: end } = value as GivenKey; // The schema has let it through.
  return [
    ...scopes.flatMap((name, i) => (scopesOf(name).length > 0 ? [] : [unknownScope(name, `/scopes/${i}`)])),
    ...(networks ?? []).flatMap((network, i) => networkFindings(network, `/allowed_ips/${i}`)),
    ...(end && Date.parse(end) <= Date.now()
      ? [{ pointer: "/expires_at", code: "range", message: "This lies in the past: the key could never be used." }]
      : []),
  ];
}

/** The row of a key. Its hash is never answered; the key itself only by the answer that makes it. */
export function keyRow(stored: StoredApiKey, nowMs: number): JsonObject {
  const ended = stored.revokedAt !== undefined || (stored.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) <= nowMs;
  return {
    id: keyIdOf(stored._id),
    key_prefix: apiKeyPrefix(stored._id, stored.environment),
    user_id: null,
    organization_id: stored.tenantId,
    name: stored.name,
    description: stored.description ?? null,
    scopes: stored.scopeNames ?? stored.scopes,
    allowed_ips: stored.allowedIps ?? null,
    last_used_at: stored.lastUsedAt?.toISOString() ?? null,
    usage_count: stored.usageCount ?? 0,
    is_active: !ended,
    expires_at: stored.expiresAt?.toISOString() ?? null,
    created_at: stored.createdAt.toISOString(),
    updated_at: (stored.updatedAt ?? stored.createdAt).toISOString(),
  };
}

export const keyRowSchema: JsonSchema = {
  type: "object",
  required: ["id", "key_prefix", "name", "scopes", "is_active"],
  properties: {
    id: { type: "string" },
    key: { type: "string", description: "The key itself, in the one answer that makes it." },
    key_prefix: { type: "string" },
    user_id: { type: ["string", "null"] },
    organization_id: { type: "string" },
    name: { type: "string" },
    description: { type: ["string", "null"] },
    scopes: { type: "array", items: { type: "string" } },
    allowed_ips: { type: ["array", "null"], items: { type: "string" } },
    last_used_at: { type: ["string", "null"], format: "date-time" },
    usage_count: { type: "integer", description: "Follows the uses by up to half a minute for each process." },
    is_active: { type: "boolean" },
    expires_at: { type: ["string", "null"], format: "date-time" },
    created_at: { type: "string", format: "date-time" },
    updated_at: { type: "string", format: "date-time" },
  },
};

/** The id of a key in the API: `key_` and its public part. */
export function keyIdOf(stored: string): string {
  return `key_${stored}`;
}

/** The public part of a key, of either form. */
export function storedKeyIdOf(id: string): string {
  return id.startsWith("key_") ? id.slice("key_".length) : id;
}

function unknownScope(name: string, pointer: string): Finding {
  const suggestion = didYouMean(name, scopeNames);
  const message = `There is no scope \`${name}\`. Known: ${scopeNames.map((one) => `\`${one}\``).join(", ")}.`;
  return { pointer, code: "value", message, ...(suggestion === undefined ? {} : { suggestion }) };
}

function networkFindings(network: string, pointer: string): Finding[] {
  try {
    parseNetworks([network]);
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ pointer, code: "format", message: `${error.message}.` }];
  }
}
