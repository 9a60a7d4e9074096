// How are flows written? Saving, reading and checking drafts.
import { checkFlowShape } from "../flow/compile.ts";
import { flowSchema, type Flow } from "../model/flow.ts";
import { findingSchema } from "../model/problem.ts";
import type { ApiDeps } from "./deps.ts";
import { flowContextOf } from "./flow-context.ts";
import {
  changedFlow,
  checkSlug,
  compileDraft,
  createFlow,
  findFlow,
  flowAnswer,
  flowRow,
  flowRowSchema,
  flowViewSchema,
  problemsOf,
} from "./flow-drafts.ts";
import { requireIfMatch } from "./precondition.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Route } from "./route.ts";

const draftBody = () => jsonBody<Flow>(flowSchema, { check: checkFlowShape, invalidCode: "flow.invalid" });
const flowResponse = { description: "The flow, with its ETag.", schema: flowViewSchema, etag: true };

type Deps = Pick<ApiDeps, "store" | "actions" | "flowsChanged">;

/** `/v1/flows/validate` comes before `/v1/flows/{id}`, which would take it for an id. */
export function flowRoutes(deps: Deps): Route[] {
  return [createRoute(deps), listRoute(deps), validateRoute(deps), readRoute(deps), replaceRoute(deps)];
}

function createRoute({ store, actions }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/flows",
    scope: "flows:write",
    tag: "Flows",
    summary: "Save a new flow as a draft",
    description:
      "Refuses what the flow schema refuses; what only compiling finds is listed in `problems`, and publishing refuses it. Without `slug` one is made from the name.",
    body: draftBody(),
    responses: { 201: flowResponse },
    async handler({ tenantId, body, newId }) {
      const problems = problemsOf(body, await flowContextOf({ store, actions }, tenantId, body));
      const flow = await createFlow(store.flows, tenantId, newId("flow"), { draft: body, problems });
      return flowAnswer(flow, 201, { location: `/v1/flows/${flow.id}` });
    },
  });
}

function listRoute({ store: { flows } }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/flows",
    scope: "flows:read",
    tag: "Flows",
    summary: "List flows, newest first, without their drafts",
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(flowRowSchema) } },
    async handler({ tenantId, query }) {
      const page = await flows.list(tenantId, pageOf(query, "flow"));
      return pageAnswer(page.items.map(flowRow), page.nextCursor);
    },
  });
}

function validateRoute({ store, actions }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/flows/validate",
    scope: "flows:read",
    tag: "Flows",
    summary: "Say everything that is wrong with a flow, without saving it",
    description: "Answers 200 for any JSON: `valid` says whether the flow could be published.",
    body: jsonBody<unknown>(flowSchema, { check: () => [] }),
    responses: {
      200: {
        description: "Every error and warning at once.",
        schema: {
          type: "object",
          required: ["valid", "errors", "warnings"],
          properties: {
            valid: { type: "boolean" },
            errors: { type: "array", items: findingSchema },
            warnings: { type: "array", items: findingSchema },
          },
        },
      },
    },
    async handler({ tenantId, body }) {
      const compiled = compileDraft(body, await flowContextOf({ store, actions }, tenantId, body));
      const errors = compiled.ok ? [] : compiled.errors;
      return { status: 200, body: { valid: compiled.ok, errors, warnings: compiled.warnings } };
    },
  });
}

function readRoute({ store: { flows } }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/flows/{id}",
    scope: "flows:read",
    tag: "Flows",
    summary: "A flow and its draft, by id or slug",
    responses: { 200: flowResponse },
    handler: async ({ tenantId, params }) => flowAnswer(await findFlow(flows, tenantId, params.id)),
  });
}

function replaceRoute({ store, actions, flowsChanged }: Deps): Route {
  const { flows } = store;
  return route({
    method: "put",
    path: "/v1/flows/{id}",
    scope: "flows:write",
    tag: "Flows",
    summary: "Replace a flow's draft",
    description: "Of two writers with the same ETag the second gets 412. Without `slug` the flow keeps the one it has.",
    headers: {
      "if-match": "The flow's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it.",
    },
    body: draftBody(),
    responses: { 200: flowResponse },
    async handler({ tenantId, params, body, headers }) {
      const seen = await findFlow(flows, tenantId, params.id);
      const revision = requireIfMatch(headers, seen.revision, "flow");
      const slug = body.slug ?? seen.slug;
      checkSlug(slug);
      const problems = problemsOf(body, await flowContextOf({ store, actions }, tenantId, body));
      const next = { draft: body, slug, problems };
      const changed = changedFlow(await flows.replaceDraft(tenantId, seen.id, revision, next));
      if (changed.slug !== seen.slug) await flowsChanged(changed.id);
      return flowAnswer(changed);
    },
  });
}
