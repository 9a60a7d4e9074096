// What people give of an endpoint: its settings, and beside them the secrets that are kept sealed and never shown.
import { endpointProperties, type EndpointSettings } from "./endpoint.ts";
import type { JsonSchema } from "./json.ts";

export type EndpointGiven = Omit<EndpointSettings, "profile" | "tls" | "oauth2"> & {
  /** `standard` unless given. */
  profile?: string;
  /** One is made when there is none. */
  secret?: string | null;
  /** Of a secret that is made: a key that both sides have, unless given, or a pair of which the receiver has the public one. */
  secretKind?: "hmac" | "ed25519";
  /** `false`: disabled. An update without it leaves the status as it is. */
  enabled?: boolean;
  tls?: NonNullable<EndpointSettings["tls"]> & { key?: string };
  oauth2?: NonNullable<EndpointSettings["oauth2"]> & { clientSecret?: string };
};

const secretSchema: JsonSchema = {
  type: ["string", "null"],
  minLength: 1,
  maxLength: 1_000,
  "x-secret": true,
  description: "The signing secret, in the form that the profile wants. Without one a new one is made.",
};

/** The schema of `EndpointGiven`. What it cannot say (addresses, templates, keys, profiles) is checked after it. */
export const endpointGivenSchema: JsonSchema = {
  title: "EndpointSettings",
  type: "object",
  additionalProperties: false,
  required: ["url", "events"],
  properties: {
    ...endpointProperties,
    secret: secretSchema,
    secretKind: {
      type: "string",
      enum: ["hmac", "ed25519"],
      default: "hmac",
      description: "Of a secret that is made: `ed25519` where the profile signs with it. Receivers get its public key.",
    },
    enabled: { type: "boolean", default: true, description: "`false`: it is disabled until somebody enables it." },
  },
};
