// How does a delivery look on the wire, and what do its answers mean? A profile is data: this is its form.
import type { Json, JsonSchema } from "../model/json.ts";
import { durationSchema, retryPolicySchema, type Duration, type RetryPolicy } from "../model/retry.ts";
import type { SecretForm, SignatureAlgorithm, SignatureEncoding } from "./sign.ts";

/** An HMAC in a header, or in a member of the body that stands last. */
export type HmacSignature = {
  kind: "hmac";
  algorithm: SignatureAlgorithm;
  /** What is signed, as a template. */
  content: string;
  encoding: SignatureEncoding;
  /** Before each signature; nothing unless given. */
  prefix?: string;
  /** Once before all signatures, as a template: `t={{unixSeconds}},`. */
  lead?: string;
  /** Between the signatures of several secrets. Absent: only the first, newest secret signs. */
  separator?: string;
  secretForm: SecretForm;
} & ({ header: string } | { field: string });

/** Standard Webhooks: `v1` for each `whsec_` secret, `v1a` for each `whsk_` one, over `id.time.body`. */
export type StandardSignature = { kind: "standard-webhooks"; header: string };

/** RFC 9421, with the body bound by Content-Digest (RFC 9530): `hmac-sha256`, or `ed25519` for `whsk_` secrets. */
export type MessageSignature = {
  kind: "http-message";
  /** Of the newest secret's signature; those of further secrets are numbered: `sig1`, `sig1-2`. */
  label: string;
  /** Covered components: `@method`, `@target-uri`, …, and names of headers in lower case. */
  components: string[];
  tag?: string;
  secretForm: SecretForm;
};

export type ProfileSignature = HmacSignature | StandardSignature | MessageSignature;

/** `retry`: tried again, if the policy has another try. `stop`: the delivery ends. `disable`: so does the endpoint. */
export type StatusOutcome = "retry" | "stop" | "disable";

export type AnswerRules = {
  /**
   * By status (`410`), family of statuses (`4xx`) or `*` for whatever is no 2xx; the closest one counts. What none of them
   * names is tried again only if the endpoint's policy says so by `on`.
   */
  status: { [status: string]: StatusOutcome };
  /** Whether Retry-After is honoured. */
  retryAfter: boolean;
  /** Whether `webhook-delivery: disable | abort-message` and `X-Slack-No-Retry: 1` are obeyed. */
  refusals: boolean;
};

export type Profile = {
  id: string;
  title: string;
  description?: string;
  /** A body of `application/x-www-form-urlencoded` is written as a form. */
  contentType: string;
  /** What an endpoint may choose instead. */
  otherContentTypes?: string[];
  /** A JSON tree of templates. A leaf that is exactly one `{{variable}}` keeps the value's type. */
  envelope: Json;
  /**
   * `any`: as published. `present`: `null`, which is also an event without data, becomes `{}`. `object`: so does it, and
   * other data that is no object is wrapped as `{ "data": … }`, since the receivers' parsers refuse anything else.
   */
  dataForm: "any" | "present" | "object";
  /** `raw`: the published bytes of the data. `canonical`: what parsing and writing again leaves as it is. */
  bodyForm: "raw" | "canonical";
  /** CloudEvents 1.0 over HTTP: how attributes are spelled in headers, and how several events go into one request. */
  cloudevents?: "binary" | "structured" | "batch";
  /** Header names and templates. */
  headers: { [name: string]: string };
  signatures: ProfileSignature[];
  /** An endpoint without a secret gets its deliveries unsigned. */
  signatureOptional?: boolean;
  timeouts: { connectMs?: number; readMs?: number; totalMs: number };
  /** For endpoints without a policy of their own. */
  retry: RetryPolicy;
  answers: AnswerRules;
  /** For endpoints without a limit of their own: at most `max` requests in each `per`. */
  rateLimit?: { max: number; per: Duration };
};

/** What a profile may leave out, and what it is then. */
export const profileDefaults = {
  contentType: "application/json",
  dataForm: "present",
  bodyForm: "raw",
  headers: {},
  timeouts: { totalMs: 15_000 },
  retry: "standard",
  answers: {
    status: { "408": "retry", "425": "retry", "429": "retry", "5xx": "retry", "410": "disable" },
    retryAfter: true,
    refusals: true,
  },
} as const satisfies Partial<Profile>;

/** A profile as people write it. */
export type ProfileInput = Omit<Profile, keyof typeof profileDefaults> &
  Partial<Omit<Profile, "answers">> & { answers?: Partial<AnswerRules> };

/** The id of a profile: `my-erp`. */
export const profileIdSchema: JsonSchema = {
  type: "string",
  pattern: "^[a-z][a-z0-9-]{0,39}$",
  description: "A short name of small letters, digits and hyphens, like `my-erp`.",
};

const text = (description: string, maxLength = 500): JsonSchema => ({ type: "string", maxLength, description });
const headerName: JsonSchema = {
  type: "string",
  pattern: "^[A-Za-z0-9-]{1,100}$",
  description: "The name of a header: letters, digits and hyphens.",
};
const contentType: JsonSchema = {
  type: "string",
  maxLength: 200,
  pattern: "^[a-z0-9.+-]+/[a-z0-9.+-]+(; ?[a-z0-9-]+=[A-Za-z0-9.-]+)*$",
  description: "A media type in small letters, like `application/json`.",
};
const secretForm: JsonSchema = {
  enum: ["whsec", "text"],
  description: "`whsec`: the key is the base64 behind `whsec_`. `text`: the whole secret as UTF-8.",
};
const closed = (required: string[], properties: { [name: string]: JsonSchema }): JsonSchema => ({
  type: "object",
  additionalProperties: false,
  required,
  properties,
});
const milliseconds = (maximum: number): JsonSchema => ({ type: "integer", minimum: 1, maximum });

const signatureSchemas: { readonly [kind in ProfileSignature["kind"]]: JsonSchema } = {
  hmac: {
    ...closed(["kind", "algorithm", "content", "encoding", "secretForm"], {
      kind: { const: "hmac" },
      header: headerName,
      field: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_-]{0,63}$", description: "A member of the body." },
      algorithm: { enum: ["sha256", "sha512"] },
      content: text("What is signed: a template like `{{unixSeconds}}.{{body}}`."),
      encoding: { enum: ["hex", "base64"] },
      prefix: text("Text before each signature, like `sha256=`.", 100),
      lead: text("A template before all signatures, like `t={{unixSeconds}},`.", 200),
      separator: { ...text("Text between the signatures of several secrets.", 10), minLength: 1 },
      secretForm,
    }),
    anyOf: [{ required: ["header"] }, { required: ["field"] }],
  },
  "standard-webhooks": closed(["kind", "header"], { kind: { const: "standard-webhooks" }, header: headerName }),
  "http-message": closed(["kind", "label", "components", "secretForm"], {
    kind: { const: "http-message" },
    label: { type: "string", pattern: "^[a-z][a-z0-9_-]{0,31}$", description: "A short name in small letters." },
    components: {
      type: "array",
      minItems: 1,
      maxItems: 30,
      uniqueItems: true,
      items: {
        type: "string",
        pattern: "^(@(method|target-uri|authority|scheme|request-target|path|query)|[a-z0-9-]{1,100})$",
        description: "`@method`, `@target-uri`, `@authority`, `@path`, `@query`, or a header's name in small letters.",
      },
    },
    tag: { type: "string", pattern: "^[ -~]{1,100}$", description: "Printable ASCII." },
    secretForm,
  }),
};

/** The JSON Schema of a profile as people write it. `checkProfile` finds more: what templates name, what goes together. */
export const profileSchema: JsonSchema = closed(["id", "title", "envelope", "signatures"], {
  id: profileIdSchema,
  title: { type: "string", minLength: 1, maxLength: 200 },
  description: text("For people who choose a profile.", 2_000),
  contentType: { ...contentType, default: profileDefaults.contentType },
  otherContentTypes: { type: "array", maxItems: 5, uniqueItems: true, items: contentType },
  envelope: { description: "The body: a JSON tree whose texts are templates. `{{data}}` is the event's data." },
  dataForm: { enum: ["any", "present", "object"], default: profileDefaults.dataForm },
  bodyForm: { enum: ["raw", "canonical"], default: profileDefaults.bodyForm },
  cloudevents: { enum: ["binary", "structured", "batch"] },
  headers: {
    type: "object",
    maxProperties: 50,
    propertyNames: headerName,
    additionalProperties: text("A template.", 1_000),
  },
  signatures: {
    type: "array",
    minItems: 1,
    maxItems: 5,
    items: {
      type: "object",
      required: ["kind"],
      properties: { kind: { enum: Object.keys(signatureSchemas) } },
      allOf: Object.entries(signatureSchemas).map(([kind, then]) => ({
        if: { required: ["kind"], properties: { kind: { const: kind } } },
        then,
      })),
    },
  },
  signatureOptional: { type: "boolean", default: false },
  timeouts: {
    ...closed(["totalMs"], {
      connectMs: milliseconds(120_000),
      readMs: milliseconds(120_000),
      totalMs: milliseconds(120_000),
    }),
    default: profileDefaults.timeouts,
  },
  retry: { ...retryPolicySchema, default: profileDefaults.retry },
  answers: closed([], {
    status: {
      type: "object",
      maxProperties: 50,
      propertyNames: {
        type: "string",
        pattern: "^([3-5][0-9]{2}|[3-5]xx|\\*)$",
        description: "A status (`410`), a family (`4xx`), or `*` for every one that is no 2xx.",
      },
      additionalProperties: { enum: ["retry", "stop", "disable"] },
      default: profileDefaults.answers.status,
    },
    retryAfter: { type: "boolean", default: true },
    refusals: { type: "boolean", default: true },
  }),
  rateLimit: closed(["max", "per"], {
    max: { type: "integer", minimum: 1, maximum: 100_000 },
    per: { ...durationSchema, description: "A whole number and a unit, like `1m`." },
  }),
});
