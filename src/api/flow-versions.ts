// How does a draft become what runs? Publishing, enabling and disabling, and trying it before.
import { runFlowTests, tryPlan, type TrialEvent } from "../flow/trial.ts";
import type { Mocks } from "../flow/mock.ts";
import { AppError } from "../model/errors.ts";
import { trialEventSchema } from "../model/event.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Plan } from "../model/plan.ts";
import type { FlowRecord } from "../store/flows.ts";
import type { ApiDeps } from "./deps.ts";
import { flowContextOf } from "./flow-context.ts";
import { changedFlow, findFlow, flowAnswer, flowTag, flowViewSchema, planOf } from "./flow-drafts.ts";
import { checkIfMatch } from "./precondition.ts";
import { listSchema, pageAnswer } from "./query.ts";
import { jsonBody, route, type Answer, type Route } from "./route.ts";

const publishBodySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    enable: {
      type: "boolean",
      description:
        "Without it the first publish enables the flow and later ones leave it as it is. False leaves it as it is; true enables it.",
    },
  },
};
const testBodySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["event"],
  properties: {
    event: trialEventSchema,
    mocks: {
      type: "object",
      description:
        "By path of a step: its output, `{ $fail: { class, message, status? } }`, or `{ $attempts: [mock, …] }`.",
    },
  },
};
const testAnswerSchema: JsonSchema = {
  type: "object",
  required: ["matched", "status", "ran", "steps", "output"],
  properties: {
    matched: { type: "boolean" },
    status: { type: ["string", "null"], description: "How the run would end; null when the event makes no run." },
    ran: { type: "array", items: { type: "string" }, description: "Paths of the steps that would run." },
    steps: { type: "object", description: "By path: status, rendered input, output or error, and attempts." },
    output: {},
  },
};
const versionProperties = { version: { type: "integer" }, publishedAt: { type: "string", format: "date-time" } };
const versionRowSchema: JsonSchema = {
  type: "object",
  required: ["version", "publishedAt"],
  properties: versionProperties,
};

type Deps = Pick<ApiDeps, "store" | "actions" | "flowsChanged">;

export function flowVersionRoutes(deps: Deps): Route[] {
  return [
    publishRoute(deps),
    switchRoute(deps, true),
    switchRoute(deps, false),
    testRoute(deps),
    ...versionRoutes(deps),
  ];
}

function publishRoute({ store, actions, flowsChanged }: Deps): Route {
  const { flows } = store;
  return route({
    method: "post",
    path: "/v1/flows/{id}/publish",
    scope: "flows:publish",
    tag: "Flows",
    summary: "Make the draft a version that runs",
    description:
      "Compiles the draft and runs its tests; refuses with 422 when either fails. Runs keep their version for life.",
    headers: { "if-match": "Publish only the draft with this ETag." },
    body: jsonBody<{ enable?: boolean } | undefined>(publishBodySchema, { required: false }),
    responses: {
      200: {
        description: "Published. Events that arrive from now on meet this version.",
        schema: {
          type: "object",
          required: ["version", "publishedAt", "enabled"],
          properties: { ...versionProperties, enabled: { type: "boolean" } },
        },
      },
    },
    async handler({ tenantId, params, body, headers, requestId }) {
      const seen = await findFlow(flows, tenantId, params.id);
      const before = seen.publishedUnder;
      // Whoever handled this request first did so, and could not say it: the draft is not published once more.
      if (requestId !== undefined && before?.requestId === requestId) {
        await flowsChanged(seen.id);
        return publishedAnswer(seen, before);
      }
      checkIfMatch(headers, flowTag(seen), "flow");
      const plan = planOf(seen, await flowContextOf({ store, actions }, tenantId, seen.draft));
      await refuseFailingTests(seen, plan, actions);
      const number = plan.flow.version;
      const enable = body?.enable ?? seen.publishedVersion === null;
      const version = { number, plan, enable: seen.enabled || enable, requestId };
      const change = await flows.publish(tenantId, seen, version);
      const flow = changedFlow(change);
      await flowsChanged(flow.id);
      return publishedAnswer(flow, { version: number, publishedAt: change.publishedAt });
    },
  });
}

function publishedAnswer(flow: FlowRecord, made: { version: number; publishedAt: Date | undefined }): Answer {
  const { version, publishedAt } = made;
  return { status: 200, body: { version, publishedAt, enabled: flow.enabled }, etag: flowTag(flow) };
}

async function refuseFailingTests(flow: FlowRecord, plan: Plan, actions: ApiDeps["actions"]): Promise<void> {
  const results = await runFlowTests(plan, flow.draft.tests ?? [], { actions, nowMs: Date.now() });
  const errors = results.flatMap(({ name, passed, message }, index) =>
    passed ? [] : [{ pointer: `/tests/${index}`, code: "test", message: `“${name}”: ${message ?? "it fails."}` }],
  );
  if (errors.length === 0) return;
  const detail = `${errors.length} of ${results.length} tests of the flow fail: \`errors\` says how.`;
  throw new AppError("flow.tests_failed", { detail, errors });
}

function switchRoute({ store: { flows }, flowsChanged }: Deps, enabled: boolean): Route {
  return route({
    method: "post",
    path: enabled ? "/v1/flows/{id}/enable" : "/v1/flows/{id}/disable",
    scope: "flows:publish",
    tag: "Flows",
    summary: enabled ? "Let events start the published version" : "Let no event start the flow; open runs go on",
    responses: { 200: { description: "The flow; the same when it was so already.", schema: flowViewSchema } },
    async handler({ tenantId, params }) {
      const seen = await findFlow(flows, tenantId, params.id);
      if (enabled && seen.publishedVersion === null) {
        throw new AppError("state.conflict", { detail: "The flow has no published version: publish it first." });
      }
      const flow = seen.enabled === enabled ? seen : changedFlow(await flows.setEnabled(tenantId, seen.id, enabled));
      await flowsChanged(flow.id);
      return flowAnswer(flow);
    },
  });
}

function testRoute({ store, actions }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/flows/{id}/test",
    scope: "flows:write",
    tag: "Flows",
    summary: "Try the draft with an event: nothing is sent and no time passes",
    description:
      "Matching, conditions, templates and retries are real; actions without a mock answer the example of their output.",
    body: jsonBody<{ event: TrialEvent; mocks?: Mocks }>(testBodySchema),
    responses: {
      200: { description: "What would happen, with each step's rendered input.", schema: testAnswerSchema },
    },
    async handler({ tenantId, params, body }) {
      const flow = await findFlow(store.flows, tenantId, params.id);
      const plan = planOf(flow, await flowContextOf({ store, actions }, tenantId, flow.draft));
      return { status: 200, body: await tryPlan(plan, body.event, body.mocks ?? {}, { actions, nowMs: Date.now() }) };
    },
  });
}

function versionRoutes({ store: { flows } }: Deps): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/flows/{id}/versions",
      scope: "flows:read",
      tag: "Flows",
      summary: "The published versions of a flow, newest first",
      responses: { 200: { description: "The newest 200.", schema: listSchema(versionRowSchema) } },
      async handler({ tenantId, params }) {
        const flow = await findFlow(flows, tenantId, params.id);
        const versions = await flows.listVersions(tenantId, flow.id);
        // A publish that was cut off leaves a number that was never pointed at.
        return pageAnswer(versions.filter(({ version }) => version <= (flow.publishedVersion ?? 0)));
      },
    }),
    route({
      method: "get",
      path: "/v1/flows/{id}/versions/{version}",
      scope: "flows:read",
      tag: "Flows",
      summary: "A published version: the document as it was then",
      responses: {
        200: {
          description: "The version.",
          schema: {
            type: "object",
            required: ["version", "publishedAt", "document"],
            properties: { ...versionProperties, document: { type: "object" } },
          },
        },
      },
      async handler({ tenantId, params }) {
        const flow = await findFlow(flows, tenantId, params.id);
        const number = /^[1-9]\d{0,8}$/.test(params.version) ? Number(params.version) : 0;
        const isPublished = number > 0 && number <= (flow.publishedVersion ?? 0);
        const version = isPublished ? await flows.findVersion(tenantId, flow.id, number) : undefined;
        if (!version) throw new AppError("resource.not_found", { detail: "The flow has no such version." });
        return { status: 200, body: { version: number, publishedAt: version.publishedAt, document: version.document } };
      },
    }),
  ];
}
