// How does a delivery look on the wire? A profile is data: envelope, body form, headers, signature.
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Json, JsonSchema } from "../model/json.ts";
import type { RetryPolicy } from "../model/retry.ts";
import type { SecretForm, SignatureAlgorithm, SignatureEncoding } from "./sign.ts";

export type Profile = {
  id: string;
  title: string;
  contentType: string;
  /** A JSON tree of templates. A leaf that is exactly one `{{variable}}` keeps the value's type. */
  envelope: Json;
  /** `object`: data that is no object is wrapped, since the receivers' parsers refuse anything else. */
  dataForm: "any" | "object";
  /** `raw`: the published bytes of the data. `canonical`: what parsing and writing again leaves as it is. */
  bodyForm: "raw" | "canonical";
  /** Header names and templates. */
  headers: { [name: string]: string };
  signature: {
    header: string;
    algorithm: SignatureAlgorithm;
    /** What is signed, as a template. */
    content: string;
    encoding: SignatureEncoding;
    prefix: string;
    /** Between the signatures of several secrets. Absent: only the first, newest secret signs. */
    separator?: string;
    secretForm: SecretForm;
  };
  timeouts: { totalMs: number };
  /** For endpoints without a policy of their own. */
  retry: RetryPolicy;
};

/** What templates of a profile can name. `data` stands in the envelope only, `body` in the signed content only. */
export const profileVariables = [
  "deliveryId",
  "configurationId",
  "attempt",
  "willRetry",
  "type",
  "occurredAt",
  "unixSeconds",
  "data",
  "body",
] as const;
export type ProfileVariable = (typeof profileVariables)[number];

const text = { type: "string", maxLength: 500 } as const;
const headerName = { type: "string", pattern: "^[A-Za-z0-9-]{1,100}$" } as const;

export const profileSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: [
    "id",
    "title",
    "contentType",
    "envelope",
    "dataForm",
    "bodyForm",
    "headers",
    "signature",
    "timeouts",
    "retry",
  ],
  properties: {
    id: { type: "string", pattern: "^[a-z][a-z0-9-]{0,39}$" },
    title: text,
    contentType: text,
    envelope: {},
    dataForm: { enum: ["any", "object"] },
    bodyForm: { enum: ["raw", "canonical"] },
    headers: { type: "object", maxProperties: 50, propertyNames: headerName, additionalProperties: text },
    signature: {
      type: "object",
      additionalProperties: false,
      required: ["header", "algorithm", "content", "encoding", "prefix", "secretForm"],
      properties: {
        header: headerName,
        algorithm: { enum: ["sha256", "sha512"] },
        content: text,
        encoding: { enum: ["hex", "base64"] },
        prefix: text,
        separator: text,
        secretForm: { enum: ["whsec", "text"] },
      },
    },
    timeouts: {
      type: "object",
      additionalProperties: false,
      required: ["totalMs"],
      properties: { totalMs: { type: "integer", minimum: 1, maximum: 3_600_000 } },
    },
    retry: { type: ["string", "object"] },
  },
};

const validateProfile = new Ajv2020({ strict: true, allowUnionTypes: true }).compile<Profile>(profileSchema);

/** Reads a profile from data. Throws a TypeError that names the place that is wrong. */
export function readProfile(value: unknown): Profile {
  if (!validateProfile(value)) {
    const [first] = validateProfile.errors ?? [];
    throw new TypeError(`The profile is not valid at "${first?.instancePath ?? ""}": ${first?.message ?? ""}`);
  }
  return value;
}
