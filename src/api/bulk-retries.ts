// How are many runs asked for again at once? POST /v1/runs/retry, and looking at what came of it.
import { createSchemaCheck } from "../flow/schema-findings.ts";
import {
  bulkRequestSchema,
  bulkRetrySchema,
  perSecondDefault,
  refusalSchema,
  type BulkChoice,
  type BulkFilter,
  type BulkRetry,
} from "../model/bulk-retry.ts";
import { AppError } from "../model/errors.ts";
import { isId, type RunId, type TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import { bulkSummary, bulkView } from "./bulk-retry-view.ts";
import type { ApiDeps } from "./deps.ts";
import { findFlow } from "./flow-drafts.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "store" | "bulkRetries">;

/** What the body asks for, once its schema holds; times are texts still. */
type BulkRequest = {
  filter?: { flow?: string; status?: BulkFilter["status"]; since?: string; until?: string } & Omit<
    BulkFilter,
    "flow" | "status" | "since" | "until"
  >;
  runs?: RunId[];
  from?: string;
  version?: "same" | "newest";
  perSecond?: number;
  dryRun?: boolean;
};

const countedSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["count", "sample"],
  properties: {
    count: { type: "integer", minimum: 0, description: "Runs that match." },
    capped: { type: "boolean", description: "There are more than could be counted: `count` is the least." },
    sample: { type: "array", items: { type: "string" }, description: "The oldest of them, ten at most." },
  },
};

/** They stand before the routes of single runs: `retry` is no run's id. */
export function bulkRetryRoutes(deps: Deps): Route[] {
  return [createRoute(deps), listRoute(deps), readRoute(deps), errorsRoute(deps), stopRoute(deps)];
}

function createRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/runs/retry",
    scope: "runs:execute",
    tag: "Runs",
    summary: "Run many again: all that match, or those that are named",
    description:
      "Counts them with `dryRun`. Otherwise a bulk retry begins that gives each of them its turn, oldest first, at most so many a second. A run is retried as it would be alone, or refused: then the bulk retry's `errors` say why. What has been retried since by a run that is open, or that succeeded, is refused, so that asking twice repeats nothing that was mended. Runs made after this request are left alone.",
    body: jsonBody<BulkRequest>(bulkRequestSchema, {
      check: checkRequest,
      example: { filter: { flow: "escalate-bad-reviews", errorClass: "transient" }, perSecond: 20 },
    }),
    responses: {
      200: { description: "How many runs there are: the answer of a dry run.", schema: countedSchema },
      202: { description: "The bulk retry. It starts at once, or when Temporal is back.", schema: bulkRetrySchema },
    },
    async handler({ tenantId, body, newId }) {
      const choice = await choiceOf(deps, tenantId, body);
      const createdAt = new Date();
      const counted = await count(deps, tenantId, choice, createdAt);
      if (body.dryRun === true) {
        const { count: runs, capped, sample } = counted;
        return { status: 200, body: { count: runs, ...(capped ? { capped } : {}), sample } };
      }
      const bulk = newBulk(newId("bulk"), tenantId, body, { choice, createdAt, ...counted });
      await deps.store.bulkRetries.insert(bulk);
      deps.bulkRetries.wake();
      return {
        status: 202,
        // As it stands: the same request under an Idempotency-Key may have made it before.
        body: await bulkView(deps.store, await findBulk(deps, tenantId, bulk.id)),
        headers: { location: `/v1/bulk-retries/${bulk.id}` },
      };
    },
  });
}

function newBulk(
  id: BulkRetry["id"],
  tenantId: TenantId,
  { from, version = "same", perSecond = perSecondDefault }: BulkRequest,
  about: { choice: BulkChoice; createdAt: Date; count: number; capped: boolean },
): BulkRetry {
  const { choice, createdAt, count: total, capped } = about;
  const given = from === undefined ? {} : { from };
  const counts = { total, capped, retried: 0, refused: 0 };
  return { id, tenantId, status: "running", choice, ...given, version, perSecond, createdAt, ...counts };
}

function listRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/bulk-retries",
    scope: "runs:read",
    tag: "Runs",
    summary: "List bulk retries, newest first, without what became of their runs",
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(bulkRetrySchema) } },
    async handler({ tenantId, query }) {
      const page = await store.bulkRetries.list(tenantId, pageOf(query, "bulk"));
      return pageAnswer(page.items.map(bulkSummary), page.nextCursor);
    },
  });
}

function readRoute(deps: Deps): Route {
  return route({
    method: "get",
    path: "/v1/bulk-retries/{id}",
    scope: "runs:read",
    tag: "Runs",
    summary: "A bulk retry: how far it is, what it refused, and how the new runs stand",
    responses: { 200: { description: "The bulk retry.", schema: bulkRetrySchema } },
    async handler({ tenantId, params }) {
      return { status: 200, body: await bulkView(deps.store, await findBulk(deps, tenantId, params.id)) };
    },
  });
}

function errorsRoute(deps: Deps): Route {
  return route({
    method: "get",
    path: "/v1/bulk-retries/{id}/errors",
    scope: "runs:read",
    tag: "Runs",
    summary: "The runs that a bulk retry did not retry, newest first, and why",
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(refusalSchema) } },
    async handler({ tenantId, params, query }) {
      const { id } = await findBulk(deps, tenantId, params.id);
      const page = await deps.store.bulkRefusals.list(tenantId, id, pageOf(query, "run"));
      return pageAnswer(page.items, page.nextCursor);
    },
  });
}

function stopRoute(deps: Deps): Route {
  return route({
    method: "post",
    path: "/v1/bulk-retries/{id}/stop",
    scope: "runs:execute",
    tag: "Runs",
    summary: "Stop a bulk retry: the runs that it has made stay",
    responses: {
      200: { description: "The bulk retry has ended: now, or before.", schema: bulkRetrySchema },
      202: { description: "It ends as soon as the runs whose turn it is have had it.", schema: bulkRetrySchema },
    },
    async handler({ tenantId, params }) {
      const { id } = await findBulk(deps, tenantId, params.id);
      await deps.store.bulkRetries.requestStop(tenantId, id);
      const bulk = await findBulk(deps, tenantId, id);
      // Beside the word in its document, which its next page looks at: it need not wait until then.
      if (bulk.stopRequestedAt) deps.bulkRetries.cancel(bulk);
      return { status: bulk.status === "running" ? 202 : 200, body: await bulkView(deps.store, bulk) };
    },
  });
}

async function findBulk({ store }: Deps, tenantId: TenantId, id: string): Promise<BulkRetry> {
  const bulk = isId("bulk", id) ? await store.bulkRetries.find(tenantId, id) : undefined;
  if (!bulk) throw new AppError("resource.not_found", { detail: "There is no bulk retry with this id." });
  return bulk;
}

const checkShape = createSchemaCheck(bulkRequestSchema);

/** The schema, and what it cannot say: one choice, times that exist, and a beginning where nothing has failed. */
function checkRequest(value: unknown): Finding[] {
  const findings = checkShape(value);
  if (findings.length > 0) return findings;
  const { filter, runs, from } = value as BulkRequest; // The schema holds for it.
  if ((filter === undefined) === (runs === undefined)) {
    const message = "Say which runs: with `filter`, or with `runs`, and not with both.";
    return [{ pointer: "", code: "form", message }];
  }
  const times = (["since", "until"] as const).filter((name) => {
    const text = filter?.[name];
    return text !== undefined && Number.isNaN(new Date(text).getTime());
  });
  if (times.length > 0) {
    const message = "This time does not exist.";
    return times.map((name) => ({ pointer: `/filter/${name}`, code: "format", message }));
  }
  const wentWell = filter?.status === "succeeded" || filter?.status === "filtered";
  if (!wentWell || (from !== undefined && from !== "failed")) return [];
  const message = `Runs that are ${filter.status} have no failed step: say with \`from\` where to begin: "start", or the path of a step.`;
  return [{ pointer: "/from", code: from === undefined ? "required" : "value", message }];
}

/** The runs as they are stored: a flow by its id, named runs oldest first and each once. */
async function choiceOf({ store }: Deps, tenantId: TenantId, { filter = {}, runs }: BulkRequest): Promise<BulkChoice> {
  if (runs) return { runs: [...new Set(runs)].toSorted((a, b) => (a < b ? -1 : 1)) };
  const { flow, status = "failed", since, until, ...rest } = filter;
  const found = flow === undefined ? undefined : await findFlow(store.flows, tenantId, flow);
  return {
    filter: {
      status,
      ...rest,
      ...(found ? { flow: found.id } : {}),
      ...(since === undefined ? {} : { since: new Date(since) }),
      ...(until === undefined ? {} : { until: new Date(until) }),
    },
  };
}

async function count({ store }: Deps, tenantId: TenantId, choice: BulkChoice, before: Date) {
  if ("filter" in choice) return store.runs.countCandidates(tenantId, choice.filter, before);
  return { count: choice.runs.length, capped: false, sample: choice.runs.slice(0, 10) };
}
