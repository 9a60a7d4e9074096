// How is a run asked for again? POST /v1/runs/{id}/retry.
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { scanJson } from "../model/json-scan.ts";
import { AppError } from "../model/errors.ts";
import { dataBytesMax } from "../model/event.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import { runSchema } from "../model/run.ts";
import type { RetryRequest } from "../recovery/retry.ts";
import { answerInTime } from "../store/database.ts";
import type { ApiDeps } from "./deps.ts";
import { controlBytesMax, route, type Route } from "./route.ts";
import { findRun, runView } from "./run-view.ts";
import { parseStrictJson } from "./strict-json.ts";

/** Data of an event at its largest, and inputs of steps. */
const retryBytesMax = dataBytesMax + 256 * 1024 + controlBytesMax;

const retrySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    from: {
      type: "string",
      minLength: 1,
      maxLength: 512,
      description:
        "Where to begin: `failed` (the default; behind everything that ended well where no step failed), `start`, or the path of a step. Has to be said for runs that succeeded or were filtered.",
    },
    version: {
      type: "string",
      enum: ["same", "newest"],
      description: "The version of the flow: that of the run (the default), or the newest published one.",
    },
    event: {
      type: "object",
      additionalProperties: false,
      required: ["data"],
      properties: { data: { description: "Data in place of the event's own: any JSON." } },
    },
    inputs: {
      type: "object",
      description: "By the path of an action: what it is given, in place of what its templates would render.",
      additionalProperties: { type: "object" },
    },
  },
};

const checkShape = createSchemaCheck(retrySchema);

export function runRetryRoutes(deps: Pick<ApiDeps, "store" | "runs" | "recovery">): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/runs/{id}/retry",
      scope: "runs:execute",
      tag: "Runs",
      summary: "Run it again, from the failed step, any step, or the start",
      description:
        "Makes a new run. The steps before the beginning that ended are kept: they are not carried out again, and later steps read their outputs. What never succeeded happens under its earlier key, so that receivers that find duplicates do so; what is asked for once more, or with another event or input, happens under a new one.",
      body: {
        schema: retrySchema,
        contentTypes: { "application/json": retryBytesMax },
        required: false,
        // The event's data must survive as it was written.
        bytes: { anyTypeWhen: () => undefined },
        type: Buffer.alloc(0),
      },
      responses: {
        201: { description: "The new run. It starts at once, or when Temporal is back.", schema: runSchema },
      },
      async handler({ tenantId, params, body, requestId }) {
        const request = { ...readRequest(body), ...(requestId === undefined ? {} : { requestId }) };
        const view = await answerInTime(retry(deps, tenantId, params.id, request));
        return { status: 201, body: view, headers: { location: `/v1/runs/${view.id}` } };
      },
    }),
  ];
}

async function retry(
  deps: Pick<ApiDeps, "store" | "runs" | "recovery">,
  tenantId: Tenant,
  id: string,
  request: RetryRequest,
) {
  const { id: runId } = await findRun(deps.store, tenantId, id);
  const { run } = await deps.recovery.retryRun(tenantId, runId, request);
  return runView(run, deps);
}

type Tenant = Parameters<ApiDeps["recovery"]["retryRun"]>[0];

/** What the body asks for. Throws AppError `request.malformed` and `request.invalid`. */
function readRequest(body: Buffer | undefined): RetryRequest {
  if (body === undefined) return {};
  const parsed = parseStrictJson(body);
  if (!parsed.ok) {
    throw new AppError("request.malformed", {
      detail: parsed.detail,
      ...(parsed.errors ? { errors: parsed.errors } : {}),
    });
  }
  const errors = checkShape(parsed.value).map(({ keyword: _, ...finding }) => finding);
  if (errors.length > 0) {
    throw new AppError("request.invalid", {
      detail: `The body has ${errors.length === 1 ? "an error" : `${errors.length} errors`}: \`errors\` says where and why.`,
      errors,
    });
  }
  // The schema holds for it.
  const { event, ...rest } = parsed.value as Omit<RetryRequest, "event" | "requestId"> & { event?: { data: Json } };
  return { ...rest, ...(event === undefined ? {} : { event: { dataText: dataTextOf(parsed.text) } }) };
}

/** The text of `event.data` as it was written. The body is known to have one. */
function dataTextOf(text: string): string {
  const event = memberOf(text, 0, "event");
  const data = memberOf(text, event?.start ?? 0, "data");
  return text.slice(data?.start, data?.end).trim();
}

function memberOf(text: string, at: number, name: string) {
  const scan = scanJson(text, at);
  return scan.kind === "object" ? scan.members.get(name) : undefined;
}
