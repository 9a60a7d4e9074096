// Does something answer at this URL? A check before anybody subscribes, unsigned and under a name of its own.
import type { HttpClient } from "../../delivery/http.ts";
import type { JsonObject, JsonSchema } from "../../model/json.ts";
import { controlBytesMax, jsonBody, route, type Route } from "../route.ts";
import type { CompatDeps } from "./deps.ts";
import type { WebhookPath } from "./dialect.ts";
import { compatTag } from "./webhooks.ts";

const userAgent = "Lawless-Directory-Webhook-Validator/1.0";
const body = JSON.stringify({ test: true });
const timeoutMs = 10_000;
/** Answers that take longer are worth a word, in milliseconds. */
const slowMs = 5_000;

type Given = { url?: string; endpointUrl?: string };
const url: JsonSchema = { type: "string", minLength: 1, maxLength: 2_048 };

export function endpointCheckRoute({ http, log }: Pick<CompatDeps, "http" | "log">, path: WebhookPath): Route {
  return route({
    method: "post",
    path: `${path}/validate`,
    scope: "endpoints:write",
    tag: compatTag,
    summary: "Whether something answers at a URL: sends it an unsigned test",
    body: jsonBody<Given>(
      {
        type: "object",
        additionalProperties: false,
        properties: { url, endpointUrl: url },
        oneOf: [{ required: ["url"] }, { required: ["endpointUrl"] }],
      },
      { anyTypeBytesMax: controlBytesMax },
    ),
    responses: {
      200: {
        description: "What was found. `status` is 0 when nothing answered.",
        schema: {
          type: "object",
          required: ["valid", "status", "ssl", "issues"],
          properties: {
            valid: { type: "boolean" },
            status: { type: "integer" },
            ssl: { type: "boolean" },
            responseTime: { type: "integer", description: "In milliseconds." },
            error: { type: "string" },
            issues: { type: "array", items: { type: "string" } },
          },
        },
      },
    },
    ownTime: true,
    async handler({ tenantId, keyId, body: given }) {
      const checked = await checkEndpoint(http, given.url ?? given.endpointUrl ?? "");
      log.info({ tenantId, keyId, status: checked["status"] }, "a URL was checked");
      return { status: 200, body: checked };
    },
  });
}

/** Sends the test to a URL by the rules of deliveries. Whatever goes wrong is an answer. */
export async function checkEndpoint(http: Pick<HttpClient, "send">, target: string): Promise<JsonObject> {
  const result = await http.send({
    method: "POST",
    url: target,
    headers: { "content-type": "application/json", "user-agent": userAgent },
    body,
    timeoutMs,
  });
  if (!result.ok) {
    return { valid: false, status: 0, ssl: false, error: result.message, issues: ["Connection failed"] };
  }
  const { status, phases } = result;
  const ssl = new URL(target).protocol === "https:";
  const responseTime = Math.round(phases.total);
  const valid = status >= 200 && status < 300;
  const issues = [
    ...(valid ? [] : [`The endpoint answered ${status}: only 2xx is a success.`]),
    ...(ssl ? [] : ["The URL is not HTTPS."]),
    ...(responseTime > slowMs ? [`The answer took ${responseTime} ms: more than ${slowMs} ms is slow.`] : []),
  ];
  return { valid, status, ssl, responseTime, issues };
}
