// What is a simulated event? Data that fits its type, given or made, published under an id that says it is a test.
import type { PayloadJudge } from "../flow/payload/judge.ts";
import { AppError } from "../model/errors.ts";
import { dataBytesMax, eventTypeSchema, type Event } from "../model/event.ts";
import { timeOfId, type TenantId } from "../model/ids.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import type { EventTypeStore } from "../store/event-types.ts";
import { eventOf } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import type { Accepted, ApiDeps } from "./deps.ts";
import { gallerySystems, galleryType } from "./event-type-gallery.ts";
import { refuseValue } from "./event-type-schema.ts";
import { jsonBody, route, type Route } from "./route.ts";

type Deps = {
  eventTypes: Pick<EventTypeStore, "find">;
  events: Pick<Store["events"], "find">;
  judge: PayloadJudge;
  accept: ApiDeps["accept"];
};

export type Simulation = { data?: Json; publish?: boolean; live?: boolean; system?: string };
/** Where a simulated event's data is from. `placeholder`: nothing is known of the type. */
type Origin = "given" | "example" | "schema" | "gallery" | "placeholder";
type Sample = { from: Origin; data: Json };

/** What a simulated event says of who published it. */
const simulationSource = "simulation";
/** Simulations of one tenant in the same millisecond each take the next one that is free. */
const idTriesMax = 100;

const bodySchema: JsonSchema = {
  title: "Simulation",
  type: "object",
  additionalProperties: false,
  properties: {
    data: { description: "Your own data, in place of what is made." },
    publish: { type: "boolean", default: true, description: "`false`: the event is only shown." },
    live: {
      type: "boolean",
      default: false,
      description: "`true`: it goes where every event goes; without it to endpoints in test mode alone.",
    },
    system: {
      type: "string",
      enum: gallerySystems,
      description: "Whose sample of the gallery it is, when several systems have the type.",
    },
  },
};
const answerSchema: JsonSchema = {
  title: "Simulated",
  type: "object",
  required: ["event", "from", "published", "deliveries", "runs"],
  properties: {
    event: {
      type: "object",
      required: ["id", "type", "data"],
      properties: { id: { type: "string", pattern: "^test_\\d+$" }, type: eventTypeSchema, data: {} },
    },
    from: {
      type: "string",
      enum: ["given", "example", "schema", "gallery", "placeholder"] satisfies Origin[],
      description: "Where the data is from; `placeholder` when nothing is known of the type.",
    },
    published: { type: "boolean" },
    deliveries: { type: "integer", description: "How many endpoints get it." },
    runs: { type: "array", items: { type: "string" }, description: "The runs of flows that it started." },
  },
};

export function simulateRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/event-types/{name}/simulate",
    scope: "events:write",
    tag: "Event types",
    summary: "Publish a test event of a type, with data that fits it; `publish: false` only shows it",
    description:
      "The data is what you give, else the type's example, else one made of its schema, else the gallery's, else `{ \"test\": true }`. The event's id is `test_` and the time in milliseconds. Endpoints in test mode get it; with `live: true` the other endpoints and the flows do instead.",
    body: jsonBody<Simulation | undefined>(bodySchema, { required: false }),
    responses: {
      200: { description: "The event, which was not published.", schema: answerSchema },
      202: { description: "The event, which was published.", schema: answerSchema },
    },
    async handler({ tenantId, params, body, newId, requestId }) {
      const type = checkedType(params.name);
      const { from, data } = await sampleOf(deps, tenantId, type, body ?? {});
      const madeAtMs = timeOfId(newId("evt"));
      const event = { id: `test_${madeAtMs}`, type, data };
      if (body?.publish === false) {
        return { status: 200, body: { event, from, published: false, deliveries: 0, runs: [] } };
      }
      const making = { madeAtMs, requestId, isLive: body?.live === true };
      const { id, deliveries, runs } = await publishTest(deps, tenantId, event, making);
      return { status: 202, body: { event: { ...event, id }, from, published: true, deliveries, runs } };
    },
  });
}

const typePattern = new RegExp(String(eventTypeSchema["pattern"]));

function checkedType(name: string): string {
  if (name.length <= Number(eventTypeSchema["maxLength"]) && typePattern.test(name)) return name;
  throw new AppError("resource.not_found", { detail: "This is no event type: one looks like `review.created`." });
}

/** Data for an event of a type. Throws AppError `request.invalid` for data that does not fit, or that cannot be made. */
async function sampleOf(deps: Deps, tenantId: TenantId, type: string, asked: Simulation): Promise<Sample> {
  const known = await deps.eventTypes.find(tenantId, type);
  if (asked.data !== undefined) {
    const detail = "The data does not fit the type's schema";
    if (known?.schema) await refuseValue(deps.judge, known.schema, asked.data, "/data", detail);
    return { from: "given", data: asked.data };
  }
  if (known?.example !== undefined) return { from: "example", data: known.example };
  if (known?.schema) return { from: "schema", data: await madeOf(deps.judge, type, known.schema) };
  const shipped = galleryType(type, asked.system);
  return shipped ? { from: "gallery", data: shipped.example } : { from: "placeholder", data: { test: true } };
}

async function madeOf(judge: PayloadJudge, type: string, schema: JsonSchema): Promise<Json> {
  const made = await judge.sample(schema);
  const isTooLarge = made.ok && Buffer.byteLength(JSON.stringify(made.value)) > dataBytesMax;
  if (made.ok && !isTooLarge) return made.value;
  const [first] = made.ok ? [] : made.findings;
  const why = first === undefined ? "it would be too large." : `at "${first.pointer}": ${first.message}`;
  const message = `No data could be made of the schema of "${type}", ${why} Give the type an \`example\`, or send \`data\`.`;
  throw new AppError("request.invalid", { detail: message, errors: [{ pointer: "/data", code: "required", message }] });
}

type TestEvent = { id: string; type: string; data: Json };
type Published = Exclude<Accepted, { outcome: "overloaded" }>;

/** Publishes under the first free id from the given time on. Under an Idempotency-Key it finds what it published before. */
async function publishTest(
  { accept, events }: Deps,
  tenantId: TenantId,
  { type, data }: TestEvent,
  { madeAtMs, requestId, isLive }: { madeAtMs: number; requestId: string | undefined; isLive: boolean },
): Promise<Published> {
  const dataText = JSON.stringify(data);
  const test = isLive ? {} : { test: true as const };
  const occurredAt = new Date(madeAtMs).toISOString();
  for (let tries = 0; tries < idTriesMax; tries++) {
    const id = `test_${madeAtMs + tries}`;
    const event: Event = { id, type, occurredAt, source: simulationSource, dataText, ...test };
    const accepted = await accept(tenantId, event);
    if (accepted.outcome === "overloaded") {
      const detail = "Too much to do at the moment. Send the request again.";
      throw new AppError("service.overloaded", { detail, retryAfterMs: accepted.retryAfterMs });
    }
    if (accepted.outcome === "accepted") return accepted;
    const first = requestId === undefined ? null : await events.find(tenantId, id);
    if (first?.type === type && eventOf(first).dataText === dataText) return accepted;
  }
  throw new AppError("rate.limited", { detail: "Too many events are simulated at once.", retryAfterMs: 1_000 });
}
