// A webhook endpoint: where a tenant's customer wants events sent, which of them, how, and how fast.
import { eventPatternSchema } from "./event.ts";
import type { Condition, Values } from "./flow.ts";
import type { EndpointId, TenantId } from "./ids.ts";
import { byType, type JsonObject, type JsonSchema } from "./json.ts";
import { durationSchema, retryPolicySchema, type Duration, type RetryPolicy } from "./retry.ts";

/**
 * `enabled`: gets deliveries. `paused`: its deliveries are kept and go out when it is resumed. `disabled`: its deliveries
 * are recorded as skipped, and can be replayed.
 */
export const endpointStatuses = ["enabled", "paused", "disabled"] as const;
export type EndpointStatus = (typeof endpointStatuses)[number];

/** Why an endpoint is paused or disabled. `gone`: a 410. `receiver`: its answer asked for it. `failing`: nothing but failures for too long. */
export const statusReasonCodes = ["manual", "gone", "receiver", "failing"] as const;
export type StatusReason = { code: (typeof statusReasonCodes)[number]; message: string; at: Date };

/** `fields`: paths of the event's data that are kept. `payload`: a tree of templates in place of the data. */
export type Transform = { fields: string[] } | { payload: Values };

/** A token bucket: `max` requests in each `per` on the average, up to `max` of them at once. */
export type RateLimit = { max: number; per: Duration };
/** One request for up to `max` events, or for those of `for`. */
export type BatchRule = { max: number; for: Duration };
/** When deliveries are parked: so many failures in a row, or this share of at least `min` within `within`. */
export type BreakerRule = { share?: number; min?: number; within?: Duration; open?: Duration };
/** When an alert event is raised. */
export type AlertRule = { failureRate?: number; slow?: Duration; consecutive?: number };

/** What people set, in the form that the API takes and shows; secrets and private keys stand elsewhere. */
export type EndpointSettings = {
  url: string;
  events: string[];
  name?: string;
  description?: string;
  metadata?: { [key: string]: string };
  /** A shipped profile's id, or the slug of one of the tenant's own. */
  profile: string;
  /** Profiles whose signature headers are sent beside, while receivers change over. */
  also?: string[];
  filter?: Condition;
  transform?: Transform;
  headers?: { [name: string]: string };
  contentType?: "application/json" | "application/x-www-form-urlencoded";
  retry?: RetryPolicy;
  timeout?: Duration;
  rateLimit?: RateLimit;
  /** Requests under way at once, from one process. */
  concurrency?: number;
  /** A template whose value is the key of an order: deliveries of one key are made one after the other. */
  order?: string;
  batch?: BatchRule;
  breaker?: BreakerRule | false;
  alerts?: AlertRule;
  /** Disabled after this long of nothing but failures; `false`: never. */
  disableAfter?: Duration | false;
  /** Gets test events, and no others. */
  testMode?: boolean;
  tls?: { certificate: string; ca?: string };
  oauth2?: {
    tokenUrl: string;
    clientId: string;
    scope?: string;
    audience?: string;
    clientAuth?: "basic" | "post";
  };
  /** A public JSON Web Key (RFC 7517): bodies are encrypted to it. */
  encryption?: { key: JsonObject };
};

/** A signing secret: newest first in a list; one with an end signs until then beside the newer ones. */
export type EndpointSecret = { id: string; secret: string; createdAt: string; expiresAt?: string };

/** What of an endpoint is sealed, as one JSON text. */
export type EndpointCredentials = {
  secrets: EndpointSecret[];
  tlsKey?: string;
  clientSecret?: string;
  /** Values of headers that are secret by their name, by names in lower case. */
  headers?: { [name: string]: string };
};

/** How an endpoint does, as the engine noted it last. */
export type EndpointHealth = {
  /** Failed attempts since the last success. */
  consecutiveFailures: number;
  /** Since when there has been nothing but failures. */
  failingSince?: Date;
  lastSuccessAt?: Date;
  lastFailureAt?: Date;
  /** Until when deliveries are parked. */
  openUntil?: Date;
  /** What the last alert said. */
  state: "healthy" | "failing" | "slow";
};

/** An endpoint without its secrets. */
export type Endpoint = EndpointSettings & {
  id: EndpointId;
  tenantId: TenantId;
  status: EndpointStatus;
  statusReason?: StatusReason;
  health: EndpointHealth;
  /** When the receiver last echoed a challenge at this URL. */
  verifiedAt?: Date;
  /** Grows with each change that people see: the ETag. */
  revision: number;
  createdAt: Date;
  updatedAt: Date;
};

export const endpointDefaults = {
  profile: "standard",
  concurrency: 50,
  disableAfter: "5d",
  breaker: { share: 0.8, min: 20, within: "1m", open: "30s" },
  alerts: { failureRate: 0.05, slow: "5s", consecutive: 5 },
} as const;

/** How long earlier secrets sign beside a new one unless said otherwise, and at most, in milliseconds. */
export const secretGraceMs = 24 * 3_600_000;
export const secretGraceMsMax = 7 * 24 * 3_600_000;
/** Secrets that sign at once. */
export const secretsMax = 10;

const label: JsonSchema = { type: "string", minLength: 1, maxLength: 200 };
const duration = (description: string): JsonSchema => ({ ...durationSchema, description });

const rateLimitSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["max", "per"],
  properties: {
    max: { type: "integer", minimum: 1, maximum: 100_000 },
    per: duration("A whole number and a unit, like `1m`."),
  },
  description:
    "`max` requests in each `per`, up to `max` of them at once (a token bucket). What is over it waits, and uses up no attempt.",
};

/** Every member that a person may set, with its schema: create, update and import take the same. */
export const endpointProperties: { readonly [member in keyof EndpointSettings]-?: JsonSchema } = {
  url: { type: "string", minLength: 1, description: "Where deliveries are sent: HTTPS to a public address." },
  events: {
    type: "array",
    minItems: 1,
    maxItems: 100,
    items: eventPatternSchema,
    description: "Event types: `review.created`, `review.*`, `*`.",
  },
  name: label,
  description: { type: "string", maxLength: 2_000 },
  metadata: {
    type: "object",
    maxProperties: 50,
    propertyNames: { type: "string", minLength: 1, maxLength: 64 },
    additionalProperties: { type: "string", maxLength: 500 },
    description: "Texts of your own; nothing of them is sent.",
  },
  profile: {
    type: "string",
    pattern: "^[a-z][a-z0-9-]{0,39}$",
    default: endpointDefaults.profile,
    description: "How deliveries look on the wire: a shipped profile, or one of your own.",
  },
  also: {
    type: "array",
    maxItems: 3,
    items: { type: "string", pattern: "^[a-z][a-z0-9-]{0,39}$" },
    description: "Profiles whose signatures are sent beside, while receivers change over.",
  },
  filter: {
    description: "JSON Logic, a simple filter `{ field, operator, value }`, or a list of them that must all hold.",
  },
  transform: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    properties: {
      fields: {
        type: "array",
        minItems: 1,
        maxItems: 100,
        items: { type: "string", minLength: 1, maxLength: 200 },
        description: "Paths of the event's data that are kept, like `order.id`.",
      },
      payload: { description: "A tree of templates that is sent in place of the event's data." },
    },
  },
  headers: {
    type: "object",
    maxProperties: 50,
    additionalProperties: { type: "string", maxLength: 4_096 },
    description: "Further headers of each request. Those of the connection and of the signature cannot be set.",
  },
  contentType: {
    type: "string",
    enum: ["application/json", "application/x-www-form-urlencoded"],
    description: "Only for profiles that send both.",
  },
  retry: retryPolicySchema,
  timeout: duration("Of one attempt: a whole number and a unit, like `30s`, `2m` at most. The profile's unless given."),
  rateLimit: rateLimitSchema,
  concurrency: {
    type: "integer",
    minimum: 1,
    maximum: 500,
    default: endpointDefaults.concurrency,
    description: "Requests under way at once, from one process.",
  },
  order: {
    type: "string",
    minLength: 1,
    maxLength: 500,
    description: "A template, like `{{event.data.orderId}}`: deliveries of one value are made one after the other.",
  },
  batch: {
    type: "object",
    additionalProperties: false,
    required: ["max", "for"],
    properties: {
      max: { type: "integer", minimum: 2, maximum: 1_000 },
      for: duration("How long the first event of a batch waits: a whole number and a unit, like `10s`, `1h` at most."),
    },
    description: "Up to `max` events, or those of `for`, in one request.",
  },
  breaker: byType({
    boolean: { const: false, description: "It switches the breaker off; an object says when it opens." },
    object: {
      additionalProperties: false,
      properties: {
        share: { type: "number", exclusiveMinimum: 0, maximum: 1 },
        min: { type: "integer", minimum: 2, maximum: 1_000 },
        within: duration("The window: a whole number and a unit, like `1m`."),
        open: duration(
          "How long deliveries are parked: a whole number and a unit, like `30s`. Doubles while it stays broken.",
        ),
      },
    },
  }),
  alerts: {
    type: "object",
    additionalProperties: false,
    properties: {
      failureRate: {
        type: "number",
        exclusiveMinimum: 0,
        maximum: 1,
        description: "A share above which it is failing.",
      },
      slow: duration("A median answer time above which it is slow: a whole number and a unit, like `5s`."),
      consecutive: {
        type: "integer",
        minimum: 1,
        maximum: 10_000,
        description: "Failures in a row that make it failing.",
      },
    },
  },
  disableAfter: byType({
    boolean: { const: false, description: "It stands for never; a duration, like `5d`, for how long." },
    string: { ...durationSchema, description: "Disabled after this long of nothing but failures, like `5d`." },
  }),
  testMode: { type: "boolean", description: "Gets test events, and no others." },
  tls: {
    type: "object",
    additionalProperties: false,
    required: ["certificate"],
    properties: {
      certificate: { type: "string", maxLength: 32_768, description: "The client's certificate, in PEM." },
      key: {
        type: "string",
        maxLength: 32_768,
        "x-secret": true,
        description: "Its private key, in PEM: kept sealed, never shown.",
      },
      ca: { type: "string", maxLength: 65_536, description: "Authorities to trust instead of the system's, in PEM." },
    },
  },
  oauth2: {
    type: "object",
    additionalProperties: false,
    required: ["tokenUrl", "clientId"],
    properties: {
      tokenUrl: { type: "string", minLength: 1 },
      clientId: { type: "string", minLength: 1, maxLength: 500 },
      clientSecret: {
        type: "string",
        minLength: 1,
        maxLength: 4_096,
        "x-secret": true,
        description: "Kept sealed, never shown.",
      },
      scope: { type: "string", minLength: 1, maxLength: 1_000 },
      audience: { type: "string", minLength: 1, maxLength: 1_000 },
      clientAuth: { type: "string", enum: ["basic", "post"], default: "basic" },
    },
    description: "OAuth 2.0 client credentials (RFC 6749, section 4.4): each request carries a bearer token.",
  },
  encryption: {
    type: "object",
    additionalProperties: false,
    required: ["key"],
    properties: { key: { type: "object", description: "A public JSON Web Key, RSA or EC." } },
    description: "Bodies are encrypted to this key (JWE, RFC 7516).",
  },
};
