// How are many deliveries made again? By filter, everything of an endpoint since a time, or what an endpoint missed.
import { createSchemaCheck } from "../flow/schema-findings.ts";
import {
  deliveryRefusalSchema,
  givenUp,
  notArrived,
  recoverSchema,
  recoveryPerSecond,
  recoverySchema,
  recoverySinceMsMax,
  replayMissedSchema,
  retryManySchema,
  type DeliveryRecovery,
  type RecoveryFilter,
} from "../model/delivery-recovery.ts";
import type { DeliveryStatus } from "../model/delivery.ts";
import type { Endpoint } from "../model/endpoint.ts";
import { AppError } from "../model/errors.ts";
import type { FailureClass } from "../model/failure.ts";
import { isId, type EndpointId, type Id, type TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import type { ApiDeps } from "./deps.ts";
import { recoverySummary, recoveryView } from "./delivery-recovery-view.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Answer, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "store" | "recoveries">;

/** What the bodies ask for, once their schemas hold; times are texts still. */
type Times = { since?: string; until?: string };
type RetryMany = {
  filter: { endpoint?: EndpointId; eventType?: string; status?: DeliveryStatus; class?: FailureClass } & Times;
  perSecond?: number;
  dryRun?: boolean;
};
type Recover = Times & { since: string; perSecond?: number; dryRun?: boolean };
type ReplayMissed = Times & { since: string; eventType?: string; perSecond?: number };

const countedSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["count"],
  properties: {
    count: { type: "integer", minimum: 0, description: "Deliveries that match." },
    capped: { type: "boolean", description: "There are more than could be counted: `count` is the least." },
  },
};
const begun: Route["responses"] = {
  202: { description: "The recovery. It starts at once, or when Temporal is back.", schema: recoverySchema },
};
const countedOrBegun: Route["responses"] = {
  200: { description: "How many deliveries there are: the answer of a dry run.", schema: countedSchema },
  ...begun,
};

/** The first stands before the routes of single deliveries: `retry` is no delivery's id. */
export function recoveryRoutes(deps: Deps): Route[] {
  return [
    retryManyRoute(deps),
    recoverRoute(deps),
    replayRoute(deps),
    listRoute(deps),
    readRoute(deps),
    errorsRoute(deps),
    stopRoute(deps),
  ];
}

function retryManyRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/deliveries/retry",
    scope: "deliveries:execute",
    tag: "Recovery of deliveries",
    summary: "Make many deliveries again: all that match",
    description:
      "Counts them with `dryRun`. Otherwise a recovery begins that gives each of them its turn, oldest event first, at most so many a second. Each is made as it would be alone, or refused: then the recovery's `errors` say why. Deliveries of events that come after this request are left alone.",
    body: jsonBody<RetryMany>(retryManySchema, {
      check: checkTimes(retryManySchema, "/filter", (body) => (body as RetryMany).filter),
      example: { filter: { class: "transient" }, dryRun: true },
    }),
    responses: countedOrBegun,
    handler({ tenantId, body, newId }) {
      const { since, until, status, ...rest } = body.filter;
      const filter = { ...rest, statuses: status === undefined ? givenUp : [status], ...timesOf({ since, until }) };
      return begin(deps, { id: newId("drec"), tenantId, kind: "retry", filter }, body);
    },
  });
}

function recoverRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/endpoints/{id}/recover",
    scope: "deliveries:execute",
    tag: "Recovery of deliveries",
    summary: "Make everything again that did not arrive at an endpoint since a time",
    description:
      "What failed, was rejected or cancelled, oldest event first; what arrived, and what is still pending, is left alone.",
    body: jsonBody<Recover>(recoverSchema, { check: checkTimes(recoverSchema, "", (body) => body as Recover) }),
    responses: countedOrBegun,
    async handler({ tenantId, params, body, newId }) {
      const { id: endpoint } = await liveEndpoint(deps, tenantId, params.id);
      const filter = { endpoint, statuses: notArrived, ...timesOf(body) };
      return begin(deps, { id: newId("drec"), tenantId, kind: "recover", filter }, body);
    },
  });
}

function replayRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/endpoints/{id}/replay-missed",
    scope: "deliveries:execute",
    tag: "Recovery of deliveries",
    summary: "Send an endpoint the events that it missed",
    description:
      "Those that it would get by its event types and filter of now, and of which it has no delivery, since it did not exist, or one that was skipped, since it was disabled. `progress` counts the events that are looked through.",
    body: jsonBody<ReplayMissed>(replayMissedSchema, {
      check: checkTimes(replayMissedSchema, "", (body) => body as ReplayMissed),
    }),
    responses: begun,
    async handler({ tenantId, params, body, newId }) {
      const { id: endpoint } = await liveEndpoint(deps, tenantId, params.id);
      const { eventType } = body;
      const filter = { endpoint, ...(eventType === undefined ? {} : { eventType }), ...timesOf(body) };
      return begin(deps, { id: newId("drec"), tenantId, kind: "replay", filter }, body);
    },
  });
}

/** Counts, and unless that is all that was asked for, makes the recovery. It is promised when this resolves. */
async function begin(
  { store, recoveries }: Deps,
  about: Pick<DeliveryRecovery, "id" | "tenantId" | "kind" | "filter">,
  { perSecond = recoveryPerSecond.default, dryRun }: { perSecond?: number; dryRun?: boolean },
): Promise<Answer> {
  const { id, tenantId, kind, filter } = about;
  const createdAt = new Date();
  const until = filter.until !== undefined && filter.until < createdAt ? filter.until : createdAt;
  const counted =
    kind === "replay"
      ? await store.events.countBetween(tenantId, { since: filter.since, until })
      : await store.deliveries.countMatching(tenantId, { ...filter, until });
  const { count: total, capped } = counted;
  if (dryRun === true) return { status: 200, body: { count: total, ...(capped ? { capped } : {}) } };
  const counts = { total, capped, done: 0, retried: 0, refused: 0 };
  await store.recoveries.insert({ ...about, status: "running", perSecond, createdAt, ...counts });
  recoveries.wake();
  // As it stands: the same request under an Idempotency-Key may have made it before.
  const recovery = await findRecovery({ store }, tenantId, id);
  const headers = { location: `/v1/delivery-recoveries/${id}` };
  return { status: 202, body: await recoveryView(store, recovery), headers };
}

function listRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/delivery-recoveries",
    scope: "deliveries:read",
    tag: "Recovery of deliveries",
    summary: "List recoveries, newest first, without what became of their deliveries",
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(recoverySchema) } },
    async handler({ tenantId, query }) {
      const page = await store.recoveries.list(tenantId, pageOf(query, "drec"));
      return pageAnswer(page.items.map(recoverySummary), page.nextCursor);
    },
  });
}

function readRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/delivery-recoveries/{id}",
    scope: "deliveries:read",
    tag: "Recovery of deliveries",
    summary: "A recovery: how far it is, what it refused, and how its deliveries stand",
    responses: { 200: { description: "The recovery.", schema: recoverySchema } },
    async handler({ tenantId, params }) {
      const recovery = await findRecovery({ store }, tenantId, params.id);
      return { status: 200, body: await recoveryView(store, recovery) };
    },
  });
}

function errorsRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/delivery-recoveries/{id}/errors",
    scope: "deliveries:read",
    tag: "Recovery of deliveries",
    summary: "The deliveries that a recovery did not make, newest first, and why",
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(deliveryRefusalSchema) } },
    async handler({ tenantId, params, query }) {
      const { id } = await findRecovery({ store }, tenantId, params.id);
      const page = await store.recoveryRefusals.list(tenantId, id, pageOf(query, "dlv"));
      return pageAnswer(page.items, page.nextCursor);
    },
  });
}

function stopRoute({ store, recoveries }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/delivery-recoveries/{id}/cancel",
    scope: "deliveries:execute",
    tag: "Recovery of deliveries",
    summary: "Stop a recovery: the deliveries that it has asked for go on",
    responses: {
      200: { description: "The recovery has ended: now, or before.", schema: recoverySchema },
      202: { description: "It ends as soon as the deliveries whose turn it is have had it.", schema: recoverySchema },
    },
    async handler({ tenantId, params }) {
      const { id } = await findRecovery({ store }, tenantId, params.id);
      await store.recoveries.requestStop({ tenantId, id });
      const recovery = await findRecovery({ store }, tenantId, id);
      // Beside the word in its document, which its next page looks at: it need not wait until then.
      if (recovery.stopRequestedAt) recoveries.cancel(recovery);
      return { status: recovery.status === "running" ? 202 : 200, body: await recoveryView(store, recovery) };
    },
  });
}

async function findRecovery({ store }: Pick<Deps, "store">, tenantId: TenantId, id: string): Promise<DeliveryRecovery> {
  const recovery = isId("drec", id) ? await store.recoveries.find(tenantId, id as Id<"drec">) : undefined;
  if (!recovery) throw new AppError("resource.not_found", { detail: "There is no recovery with this id." });
  return recovery;
}

/** The endpoint, unless it is disabled: all of its deliveries would be refused. */
async function liveEndpoint({ store }: Deps, tenantId: TenantId, id: string): Promise<Endpoint> {
  const endpoint = await store.endpoints.find(tenantId, id);
  if (!endpoint) throw new AppError("resource.not_found", { detail: "There is no endpoint with this id." });
  if (endpoint.status !== "disabled") return endpoint;
  throw new AppError("state.conflict", { detail: "The endpoint is disabled: enable it first." });
}

function timesOf({
  since,
  until,
}: {
  since?: string | undefined;
  until?: string | undefined;
}): Pick<RecoveryFilter, "since" | "until"> {
  return {
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
  };
}

/** The schema, and what it cannot say: times that exist, and of an endpoint a beginning that is not too long ago. */
function checkTimes(schema: JsonSchema, at: string, timesIn: (body: unknown) => Times): (value: unknown) => Finding[] {
  const checkShape = createSchemaCheck(schema);
  return (value) => {
    const findings = checkShape(value);
    if (findings.length > 0) return findings;
    const times = timesIn(value);
    const wrong = (["since", "until"] as const).filter((name) => {
      const text = times[name];
      return text !== undefined && Number.isNaN(new Date(text).getTime());
    });
    if (wrong.length > 0) {
      return wrong.map((name) => ({ pointer: `${at}/${name}`, code: "format", message: "This time does not exist." }));
    }
    if (at !== "" || times.since === undefined) return [];
    const agoMs = Date.now() - Date.parse(times.since);
    if (agoMs > recoverySinceMsMax) return [outOfRange("This is more than 30 days ago: say a later time.")];
    return agoMs < -aheadMsMax ? [outOfRange("This is in the future: nothing has come since then.")] : [];
  };
}

/** By how much a caller's clock may be ahead of ours, in milliseconds. */
const aheadMsMax = 5 * 60_000;

function outOfRange(message: string): Finding {
  return { pointer: "/since", code: "range", message };
}
