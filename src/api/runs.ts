// What did the runs do? Looking at runs and their steps, and cancelling one.
import { failureClasses, type FailureClass } from "../model/failure.ts";
import { AppError } from "../model/errors.ts";
import type { FlowId } from "../model/ids.ts";
import { isEnded, runSchema, runStatuses, type RunStatus } from "../model/run.ts";
import { stepSchema } from "../model/step.ts";
import type { ApiDeps } from "./deps.ts";
import { findFlow } from "./flow-drafts.ts";
import { listSchema, pageAnswer, pageOf, pageQuery, timeOf, timeQuery, type Query } from "./query.ts";
import { route, type Route } from "./route.ts";
import { stepsInOrder } from "./run-steps.ts";
import { findRun, runView, runViews } from "./run-view.ts";

const runQuery = {
  ...pageQuery,
  ...timeQuery,
  flow: { type: "string", minLength: 1, maxLength: 128, description: "Id or slug of a flow." },
  version: { type: "integer", minimum: 1 },
  status: { type: "string", enum: runStatuses },
  eventType: { type: "string", maxLength: 128 },
  event: { type: "string", maxLength: 128, description: "Id of an event." },
  failedStep: { type: "string", maxLength: 512, description: "Path of a step." },
  errorClass: { type: "string", enum: Object.keys(failureClasses) },
};

type Deps = Pick<ApiDeps, "store" | "runs">;

export function runRoutes(deps: Deps): Route[] {
  return [listRoute(deps), readRoute(deps), stepsRoute(deps), cancelRoute(deps)];
}

function listRoute({ store, runs }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/runs",
    scope: "runs:read",
    tag: "Runs",
    summary: "List runs, newest first, without their outputs",
    query: runQuery,
    responses: { 200: { description: "A page.", schema: listSchema(runSchema) } },
    async handler({ tenantId, query }) {
      // A flow that is not there is said, rather than answered with a list that happens to be empty.
      const flow = query["flow"] === undefined ? undefined : await findFlow(store.flows, tenantId, query["flow"]);
      const page = await store.runs.list(tenantId, filterOf(query, flow?.id), pageOf(query, "run"));
      return pageAnswer(await runViews(page.items, tenantId, { store, runs }), page.nextCursor);
    },
  });
}

function readRoute({ store, runs }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/runs/{id}",
    scope: "runs:read",
    tag: "Runs",
    summary: "A run",
    responses: { 200: { description: "The run.", schema: runSchema } },
    async handler({ tenantId, params }) {
      const run = await findRun(store, tenantId, params.id);
      return { status: 200, body: await runView(run, { store, runs }) };
    },
  });
}

function stepsRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/runs/{id}/steps",
    scope: "runs:read",
    tag: "Runs",
    summary: "The steps of a run, in the order of the flow, with every attempt",
    description: "Steps that have not begun are `pending` while the run is open; afterwards they are left out.",
    responses: { 200: { description: "The steps.", schema: listSchema(stepSchema) } },
    async handler({ tenantId, params }) {
      const run = await findRun(store, tenantId, params.id);
      const [plan, records] = await Promise.all([
        store.flows.plan(tenantId, run.flow.id, run.version),
        store.steps.list(tenantId, run.id),
      ]);
      return pageAnswer(stepsInOrder(plan, records, !isEnded(run.status)));
    },
  });
}

function cancelRoute({ store, runs }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/runs/{id}/cancel",
    scope: "runs:execute",
    tag: "Runs",
    summary: "Cancel a run",
    responses: {
      200: { description: "The run is cancelled.", schema: runSchema },
      202: { description: "The run is asked to end; an attempt that is under way is cut off.", schema: runSchema },
    },
    async handler({ tenantId, params }) {
      const { id } = await findRun(store, tenantId, params.id);
      const outcome = await runs.cancel(tenantId, id);
      const run = await findRun(store, tenantId, id);
      if (outcome === "ended" && run.status !== "cancelled") {
        throw new AppError("state.conflict", { detail: `The run has ended already: it is ${run.status}.` });
      }
      return { status: outcome === "cancelling" ? 202 : 200, body: await runView(run, { store, runs }) };
    },
  });
}

function filterOf(query: Query, flow: FlowId | undefined) {
  return {
    flow,
    version: query["version"] === undefined ? undefined : Number(query["version"]),
    // Both were checked against their enums.
    status: query["status"] as RunStatus | undefined,
    errorClass: query["errorClass"] as FailureClass | undefined,
    eventType: query["eventType"],
    event: query["event"],
    failedStep: query["failedStep"],
    since: timeOf(query, "since"),
    until: timeOf(query, "until"),
  };
}
