// Webhooks: signed deliveries to any URL.
import { defineConnector } from "../../src/connector/contract.ts";
import type { JsonSchema } from "../../src/model/json.ts";
import { post } from "./actions/post.ts";

/** Standard Webhooks: 24 to 64 bytes. */
const secret: JsonSchema = {
  type: "string",
  pattern: "^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
  description: "`whsec_` and the base64 of 24 to 64 bytes.",
};

const exampleSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export const webhook = defineConnector({
  id: "webhook",
  title: "Webhook",
  description: "Signed deliveries to any URL.",
  auth: {
    connection: "optional",
    methods: [
      {
        kind: "signing",
        title: "Signing secrets of your own, instead of the tenant's",
        credentials: {
          type: "object",
          additionalProperties: false,
          properties: {
            secret: { ...secret, "x-secret": true },
            secrets: {
              type: "array",
              minItems: 1,
              maxItems: 10,
              items: secret,
              "x-secret": true,
              description: "Several, newest first: each of them signs, so that receivers can change over.",
            },
          },
          oneOf: [{ required: ["secret"] }, { required: ["secrets"] }],
          examples: [{ secret: exampleSecret }, { secrets: [exampleSecret] }],
        },
        counterExamples: [
          { input: {}, pointer: "" },
          { input: { secret: "not a secret" }, pointer: "/secret" },
          { input: { secret: "whsec_dG9vIHNob3J0" }, pointer: "/secret" },
          { input: { secrets: [] }, pointer: "/secrets" },
          { input: { secret: exampleSecret, algorithm: "sha512" }, pointer: "/algorithm" },
        ],
      },
    ],
  },
  actions: [post],
});
