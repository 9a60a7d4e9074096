// When would a retry policy try again?
import { findProfile, profileIds } from "../delivery/profiles.ts";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { checkRetry, previewRetry, resolveRetry } from "../flow/retry.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import { retryPolicySchema, type RetryPolicy } from "../model/retry.ts";
import { jsonBody, route, type Route } from "./route.ts";

type Preview = { retry?: RetryPolicy; profile?: string };

const bodySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    retry: retryPolicySchema,
    profile: { type: "string", enum: profileIds, description: "A delivery profile: its own policy is shown." },
  },
  oneOf: [{ required: ["retry"] }, { required: ["profile"] }],
};
const checkSchema = createSchemaCheck(bodySchema);

export function retryPolicyRoutes(): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/retry-policies/preview",
      scope: "flows:read",
      tag: "Retry policies",
      summary: "The delays of a retry policy, without jitter",
      body: jsonBody<Preview>(bodySchema, { check: checkPreview }),
      responses: {
        200: {
          description: "One delay before each retry, and their sum.",
          schema: {
            type: "object",
            required: ["delaysMs", "totalMs"],
            properties: { delaysMs: { type: "array", items: { type: "number" } }, totalMs: { type: "number" } },
          },
        },
      },
      handler: ({ body }) => ({ status: 200, body: previewRetry(resolveRetry(policyOf(body))) }),
    }),
  ];
}

function policyOf({ retry, profile }: Preview): RetryPolicy | undefined {
  return profile === undefined ? retry : findProfile(profile)?.retry;
}

function checkPreview(value: unknown): Finding[] {
  const findings = checkSchema(value);
  if (findings.length > 0) return findings;
  const { retry } = value as Preview; // The schema has let it through.
  return retry === undefined ? [] : checkRetry(retry).map((one) => ({ ...one, pointer: `/retry${one.pointer}` }));
}
