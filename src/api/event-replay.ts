// How is an event played again? POST /v1/events/{id}/replay.
import type { JsonSchema } from "../model/json.ts";
import type { ReplayRequest } from "../recovery/replay.ts";
import type { ApiDeps } from "./deps.ts";
import { jsonBody, route, type Route } from "./route.ts";

const replaySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    flows: {
      type: "string",
      enum: ["then", "now"],
      description:
        "Which flows: those that the event started, each under its version of then (the default), or those that are enabled now and match.",
    },
    flow: { type: "string", minLength: 1, maxLength: 128, description: "Id or slug: only this one of them." },
  },
};

const flowRef: JsonSchema = {
  type: "object",
  required: ["id", "slug"],
  properties: { id: { type: "string" }, slug: { type: "string" } },
};
const replayedSchema: JsonSchema = {
  type: "object",
  required: ["id", "runs", "skipped"],
  properties: {
    id: { type: "string", description: "The event's id." },
    runs: { type: "array", items: { type: "string" }, description: "The new runs." },
    skipped: {
      type: "array",
      description: "Flows that were left out, such as those whose run has not ended.",
      items: {
        type: "object",
        required: ["flow", "reason"],
        properties: {
          flow: flowRef,
          run: { type: "string", description: "The run that stands in the way." },
          reason: { type: "string" },
        },
      },
    },
  },
};

export function eventReplayRoutes({ recovery }: Pick<ApiDeps, "recovery">): Route[] {
  return [
    route({
      method: "post",
      path: "/v1/events/{id}/replay",
      scope: "runs:execute",
      tag: "Events",
      summary: "Play an event again",
      description:
        "Makes a new run for each flow, from its start, over the event as it was published. A run that repeats another one says so (`retryOf`). With `flow`, what stands in the way is a refusal; without, the flow is listed in `skipped`.",
      body: jsonBody<ReplayRequest | undefined>(replaySchema, { required: false }),
      responses: {
        202: { description: "The new runs. They start at once, or when Temporal is back.", schema: replayedSchema },
      },
      async handler({ tenantId, params, body, requestId }) {
        const request = { ...body, ...(requestId === undefined ? {} : { requestId }) };
        const { runs, skipped } = await recovery.replayEvent(tenantId, params.id, request);
        return { status: 202, body: { id: params.id, runs: runs.map(({ id }) => id), skipped } };
      },
    }),
  ];
}
