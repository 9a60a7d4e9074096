// How does an event come in through the API? As our own envelope or as a CloudEvent, one by one or in batches.
import type { IncomingHttpHeaders } from "node:http";
import { envelopeBytesMax, readBatch, readEnvelope, type EventRefusal, type EventsResult } from "../ingest/envelope.ts";
import {
  batchContentType,
  isBinaryMode,
  readBinary,
  readCloudEventsBatch,
  readStructured,
  structuredContentType,
} from "../ingest/cloudevents.ts";
import { AppError } from "../model/errors.ts";
import { dataBytesMax, publishExamples, publishSchema } from "../model/event.ts";
import type { TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { findingSchema, type Finding } from "../model/problem.ts";
import { mediaTypeOf } from "./body.ts";
import type { Accepted, ApiDeps } from "./deps.ts";
import { route, type Answer, type BodySpec, type Route } from "./route.ts";

const eventBytesMax = dataBytesMax + envelopeBytesMax;
const batchBytesMax = 5 * 1024 * 1024;

const acceptedSchema: JsonSchema = {
  title: "Accepted",
  type: "object",
  required: ["id", "matched", "runs", "deliveries", "duplicate"],
  properties: {
    id: { type: "string", description: "The sender's id, or one of ours." },
    matched: { type: "integer", description: "How many flows it started." },
    runs: { type: "array", items: { type: "string" } },
    deliveries: { type: "integer" },
    duplicate: { type: "boolean", description: "The id was accepted before: nothing new was started." },
    warnings: {
      type: "array",
      items: findingSchema,
      description: "What of the data does not fit the schema of its event type, where the type's `mode` is `warn`.",
    },
  },
};
const batchSchema: JsonSchema = {
  description: "A list of events, or an object with `events`; 1 to 100 of them.",
  oneOf: [
    { type: "array", items: publishSchema, minItems: 1, maxItems: 100 },
    {
      type: "object",
      additionalProperties: false,
      required: ["events"],
      properties: { events: { type: "array", items: publishSchema, minItems: 1, maxItems: 100 } },
    },
  ],
};
const batchAnswerSchema: JsonSchema = {
  type: "object",
  required: ["data"],
  properties: { data: { type: "array", items: acceptedSchema, description: "In the order of the request." } },
};

type Deps = Pick<ApiDeps, "accept" | "eventTypeRules">;

/** The way in, which is the busiest one. */
export function publishRoutes(deps: Deps): Route[] {
  return [publishRoute(deps), publishBatchRoute(deps)];
}

function publishRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/events",
    direct: true,
    scope: "events:write",
    tag: "Events",
    summary: "Publish an event",
    description:
      "A 202 means that the event is journaled on a majority of MongoDB's voters. The same id again starts nothing new. CloudEvents 1.0 are taken in structured, binary and batched mode: `id` and `source` together identify the event (an id that another source has used already becomes `id@source`), `time` becomes `occurredAt`, extension attributes, `subject` and `dataschema` are dropped, and binary-mode data that is not JSON becomes a JSON string. A 503 may have stored the event: send it again with the same id.",
    body: eventBody(publishSchema, {
      "application/json": eventBytesMax,
      [structuredContentType]: eventBytesMax,
      [batchContentType]: batchBytesMax,
    }),
    responses: { 202: { description: "Accepted, or known already.", schema: acceptedSchema } },
    async handler({ tenantId, headers, body, newId }) {
      const type = mediaTypeOf(headers)?.type;
      if (type === batchContentType) return acceptAll(deps, tenantId, readCloudEventsBatch(body));
      const read =
        type === structuredContentType
          ? readStructured(body)
          : isBinaryMode(headers)
            ? readBinary(headers, type, body)
            : readEnvelope(body, () => newId("evt"));
      if (!read.ok) throw refusalOf(read);
      const warnings = await deps.eventTypeRules.check(tenantId, [read.event], () => "");
      return { status: 202, body: acceptedView(await deps.accept(tenantId, read.event), warnings) };
    },
  });
}

function publishBatchRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/events/batch",
    direct: true,
    scope: "events:write",
    tag: "Events",
    summary: "Publish up to 100 events",
    description: "Checked as a whole before anything is accepted. Events with one id in one batch are accepted once.",
    body: {
      ...eventBody(batchSchema, { "application/json": batchBytesMax, [batchContentType]: batchBytesMax }, false),
      example: publishExamples,
    },
    responses: { 202: { description: "One answer an event, in order.", schema: batchAnswerSchema } },
    handler({ tenantId, headers, body, newId }) {
      const isCloudEvents = mediaTypeOf(headers)?.type === batchContentType;
      const read = isCloudEvents ? readCloudEventsBatch(body) : readBatch(body, () => newId("evt"));
      return acceptAll(deps, tenantId, read);
    },
  });
}

/** Accepts all or says that some may not be: with the same ids the batch can be sent again without harm. */
async function acceptAll({ accept, eventTypeRules }: Deps, tenantId: TenantId, read: EventsResult): Promise<Answer> {
  if (!read.ok) throw refusalOf(read);
  const { events, pointer } = read;
  const warnings = (await eventTypeRules.check(tenantId, events, (index) => `${pointer}/${index}`)) ?? [];
  const results = await Promise.all(events.map((event) => accept(tenantId, event)));
  const warningsOf = (index: number) => warnings.filter((one) => one.pointer.startsWith(`${pointer}/${index}/`));
  return { status: 202, body: { data: results.map((one, index) => acceptedView(one, warningsOf(index))) } };
}

/** A body that is read as bytes: `data` must survive as it was written. */
function eventBody(
  schema: JsonSchema,
  contentTypes: BodySpec<Buffer>["contentTypes"],
  takesBinaryMode = true,
): BodySpec<Buffer> {
  // In binary mode the content type is that of the data, which may be any.
  const anyTypeWhen = (headers: IncomingHttpHeaders) => {
    if (!takesBinaryMode || !isBinaryMode(headers)) return undefined;
    const type = mediaTypeOf(headers)?.type;
    return type === structuredContentType || type === batchContentType ? undefined : dataBytesMax;
  };
  return { schema, contentTypes, required: true, bytes: { anyTypeWhen } };
}

function refusalOf({ why, detail, findings }: EventRefusal): AppError {
  if (why === "malformed") return new AppError("request.malformed", { detail });
  if (why === "too_large") return new AppError("request.too_large", { detail });
  return new AppError("request.invalid", { detail, errors: findings });
}

function acceptedView(accepted: Accepted, warnings: Finding[] = []): unknown {
  if (accepted.outcome === "overloaded") {
    const detail = "Too much to do at the moment. Send the request again, with the same ids.";
    throw new AppError("service.overloaded", { detail, retryAfterMs: accepted.retryAfterMs });
  }
  const { id, matched, runs, deliveries } = accepted;
  const view = { id, matched, runs, deliveries, duplicate: accepted.outcome === "duplicate" };
  return warnings.length === 0 ? view : { ...view, warnings };
}
