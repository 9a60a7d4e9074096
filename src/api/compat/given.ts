// What may a caller of a compatibility path send? Every member of the five systems' webhooks, with its schema.
import { checkCondition } from "../../flow/logic/check-condition.ts";
import { createSchemaCheck } from "../../flow/schema-findings.ts";
import { endpointProperties } from "../../model/endpoint.ts";
import type { SimpleFilter } from "../../model/flow.ts";
import type { JsonObject, JsonSchema } from "../../model/json.ts";
import type { Finding } from "../../model/problem.ts";
import { attemptsMax } from "../../model/retry.ts";
import type { Dialect } from "./dialect.ts";
import type { RetryConfig, RetryCounts } from "./retries.ts";

/** Members of all five systems: none means two things. `null` takes an optional member away. */
export type GivenWebhook = Partial<RetryCounts> & {
  url?: string;
  endpointUrl?: string;
  events?: string[];
  active?: boolean;
  is_active?: boolean;
  secret?: string | null;
  name?: string | null;
  description?: string | null;
  headers?: { [name: string]: string } | null;
  filters?: SimpleFilter[] | null;
  event_filters?: JsonObject | null;
  retryConfig?: Partial<RetryConfig> | null;
  content_type?: "application/json" | "application/x-www-form-urlencoded";
  timeout_seconds?: number;
  testMode?: boolean;
  profile?: string;
};

/** Attempts that the system with a bound of its own takes at most. */
const hubAttemptsMax = 10;
const daysOfSeconds = 30 * 86_400;

const orNull = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [schema["type"], "null"] });
const scalar: JsonSchema = { type: ["string", "number", "boolean", "null"] };
/** What the systems answer and nobody can set: taken, so that what was read can be sent back, and passed over. */
const readOnly = (description = "Answered; passed over when it is sent."): JsonSchema => ({
  readOnly: true,
  description,
});

const filterSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["field", "operator"],
  properties: {
    field: {
      type: "string",
      minLength: 1,
      maxLength: 200,
      description: "A path within the event's data (`rating`) or within the event (`data.rating`, `type`).",
    },
    operator: { type: "string", enum: ["equals", "contains", "in", "exists"] },
    value: {},
  },
};

const retryConfigSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    maxRetries: {
      type: "integer",
      minimum: 1,
      maximum: attemptsMax,
      description: `Attempts in all; ${hubAttemptsMax} at most under the profile \`hub\`.`,
    },
    backoffMultiplier: { type: "number", minimum: 1, maximum: 100 },
    maxBackoffSeconds: { type: "integer", minimum: 1, maximum: daysOfSeconds },
  },
};

const eventFiltersSchema: JsonSchema = {
  type: "object",
  maxProperties: 50,
  properties: { $filter: { type: ["object", "array", "boolean"], description: "A condition of ours, whole." } },
  patternProperties: { "^min_.": { type: "number" } },
  additionalProperties: { type: ["string", "number", "boolean", "null", "array"], maxItems: 200, items: scalar },
  description: "Over the event's data: a list means one of, `min_<field>` at least, anything else equal.",
};

/** Every member that can be sent. */
export const givenProperties = {
  url: endpointProperties.url,
  endpointUrl: endpointProperties.url,
  events: endpointProperties.events,
  active: { type: "boolean" },
  is_active: { type: "boolean" },
  secret: {
    type: ["string", "null"],
    minLength: 1,
    maxLength: 500,
    description: "The whole text is the key. Made when there is none.",
  },
  name: orNull(endpointProperties.name),
  description: orNull(endpointProperties.description),
  headers: orNull(endpointProperties.headers),
  filters: { type: ["array", "null"], maxItems: 100, items: filterSchema },
  event_filters: orNull(eventFiltersSchema),
  retryConfig: orNull(retryConfigSchema),
  content_type: endpointProperties.contentType,
  timeout_seconds: { type: "integer", minimum: 1, maximum: 120 },
  retry_count: { type: "integer", minimum: 0, maximum: attemptsMax - 1, description: "Tries after the first one." },
  retry_delay_seconds: { type: "integer", minimum: 0, maximum: daysOfSeconds },
  testMode: endpointProperties.testMode,
  profile: { ...endpointProperties.profile, description: "A delivery profile; wins over the path's." },
  id: readOnly(),
  userId: readOnly(),
  organization_id: readOnly(),
  tenant_id: readOnly(),
  created_at: readOnly(),
  updated_at: readOnly(),
  createdAt: readOnly(),
  updatedAt: readOnly(),
  test_url: readOnly(),
  last_triggered_at: readOnly(),
  total_deliveries: readOnly(),
  failed_deliveries: readOnly(),
} satisfies { [member: string]: JsonSchema };

const schemaOf = (rest: JsonSchema): JsonSchema => ({
  type: "object",
  additionalProperties: false,
  properties: givenProperties,
  ...rest,
});

export const createWebhookSchema = schemaOf({
  required: ["events"],
  oneOf: [{ required: ["url"] }, { required: ["endpointUrl"] }],
});
export const changeWebhookSchema = schemaOf({});

/** What the schema does not say of a webhook in a dialect. */
export function checkGiven(given: GivenWebhook, dialect: Dialect): Finding[] {
  const twice = twins.filter(([one, other]) => Object.hasOwn(given, one) && Object.hasOwn(given, other));
  const findings: Finding[] = twice.map(([one, other]) => ({
    pointer: `/${other}`,
    code: "repeated",
    message: `\`${other}\` and \`${one}\` say the same: send one of them.`,
  }));
  const attempts = given.retryConfig?.maxRetries ?? 0;
  if (dialect === "hub" && attempts > hubAttemptsMax) {
    const message = `This must be at most ${hubAttemptsMax} under the profile \`hub\`.`;
    findings.push({ pointer: "/retryConfig/maxRetries", code: "range", message });
  }
  // As they were sent: fields of the data become a rule, in which their places are lost.
  const filters = given.filters == null ? [] : checkCondition(given.filters);
  return [...findings, ...filters.map((one) => ({ ...one, pointer: `/filters${one.pointer}` }))];
}

/** Pairs of members for one thing. */
const twins = [
  ["url", "endpointUrl"],
  ["active", "is_active"],
  ["filters", "event_filters"],
  ["retryConfig", "retry_count"],
  ["retryConfig", "retry_delay_seconds"],
] as const;

export const checkCreate = createSchemaCheck(createWebhookSchema);
export const checkChange = createSchemaCheck(changeWebhookSchema);
