// An endpoint as the API shows it: what people set, how it stands and does, and never a secret.
import { endpointProperties, endpointStatuses, statusReasonCodes, type EndpointSettings } from "./endpoint.ts";
import type { JsonSchema } from "./json.ts";

const time: JsonSchema = { type: "string", format: "date-time" };

const healthSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["consecutiveFailures", "state"],
  properties: {
    consecutiveFailures: { type: "integer", minimum: 0, description: "Failed attempts since the last success." },
    failingSince: { ...time, description: "Since when there has been nothing but failures." },
    lastSuccessAt: time,
    lastFailureAt: time,
    openUntil: { ...time, description: "Until when its deliveries are parked." },
    state: { type: "string", enum: ["healthy", "failing", "slow"], description: "What the last alert said." },
  },
};

/** What people set, as it is shown: without the members that are kept sealed. */
const shownProperties: { readonly [member in keyof EndpointSettings]-?: JsonSchema } = {
  ...endpointProperties,
  tls: without(endpointProperties.tls, "key"),
  oauth2: without(endpointProperties.oauth2, "clientSecret"),
};

export const endpointSchema: JsonSchema = {
  title: "Endpoint",
  type: "object",
  additionalProperties: false,
  required: ["id", "url", "events", "profile", "status", "health", "createdAt", "updatedAt"],
  properties: {
    id: { type: "string", pattern: "^ep_[0-9A-Za-z]{22}$" },
    ...shownProperties,
    status: {
      type: "string",
      enum: endpointStatuses,
      description: "`paused`: deliveries are kept for later. `disabled`: they are recorded as skipped.",
    },
    statusReason: {
      type: "object",
      additionalProperties: false,
      required: ["code", "message", "at"],
      properties: { code: { type: "string", enum: statusReasonCodes }, message: { type: "string" }, at: time },
    },
    health: healthSchema,
    verifiedAt: { ...time, description: "When the receiver last echoed a challenge at this URL." },
    createdAt: time,
    updatedAt: time,
  },
};

/** A signing secret as lists show it. */
export const secretViewSchema: JsonSchema = {
  title: "EndpointSecret",
  type: "object",
  additionalProperties: false,
  required: ["id", "createdAt"],
  properties: {
    id: { type: "string", pattern: "^sec_[0-9A-Za-z]{22}$" },
    secret: { type: "string", description: "Only where it is said to be shown." },
    publicKey: { type: "string", description: "Of an ed25519 secret: `whpk_` and the key, for receivers." },
    createdAt: time,
    expiresAt: { ...time, description: "Until when it signs beside the newer ones. The newest one has no end." },
  },
};

function without({ properties, ...schema }: JsonSchema, member: string): JsonSchema {
  const shown = Object.entries(Object(properties)).filter(([name]) => name !== member);
  return { ...schema, properties: Object.fromEntries(shown) };
}
