// The JSON Schemas of what people write and read, for editors and generators.
import { profileSchema } from "../delivery/profile.ts";
import { attemptSchema } from "../model/attempt.ts";
import { endpointGivenSchema } from "../model/endpoint-given.ts";
import { AppError } from "../model/errors.ts";
import { publishSchema } from "../model/event.ts";
import { flowSchema } from "../model/flow.ts";
import type { JsonSchema } from "../model/json.ts";
import { problemSchema } from "../model/problem.ts";
import { retryPolicySchema } from "../model/retry.ts";
import { runSchema } from "../model/run.ts";
import { stepSchema } from "../model/step.ts";
import { route, type Route } from "./route.ts";

const dialect = "https://json-schema.org/draft/2020-12/schema";
const schemas: { readonly [file: string]: JsonSchema } = {
  "flow.json": flowSchema,
  "event.json": publishSchema,
  "retry-policy.json": retryPolicySchema,
  "run.json": runSchema,
  "step.json": stepSchema,
  "attempt.json": attemptSchema,
  "endpoint.json": endpointGivenSchema,
  "profile.json": profileSchema,
  "problem.json": problemSchema,
};

export function schemaRoutes(): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/schemas/{file}",
      scope: "public",
      tag: "Schemas",
      summary: "A JSON Schema: flow, event, endpoint, profile, retry-policy, run, step, attempt or problem",
      params: { file: { type: "string", enum: Object.keys(schemas) } },
      responses: {
        200: { description: "The schema.", contentType: "application/schema+json", schema: { type: "object" } },
      },
      handler({ params }) {
        const schema = Object.hasOwn(schemas, params.file) ? schemas[params.file] : undefined;
        if (!schema) {
          const detail = `There is no schema of this name: there are ${Object.keys(schemas).join(", ")}.`;
          throw new AppError("resource.not_found", { detail });
        }
        return { status: 200, body: { $schema: dialect, ...schema }, contentType: "application/schema+json" };
      },
    }),
  ];
}
