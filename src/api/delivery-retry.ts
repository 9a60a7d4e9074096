// How are single deliveries made again, ended, and their bodies removed? POST /v1/deliveries/{id}/retry and its siblings.
import { deliverySchema } from "../model/delivery-schema.ts";
import { AppError } from "../model/errors.ts";
import type { EndpointId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import type { ApiDeps } from "./deps.ts";
import { deliveryView, findDelivery } from "./delivery-view.ts";
import { jsonBody, route, type Route } from "./route.ts";

type Deps = Pick<ApiDeps, "store" | "deliveries">;

/** They stand before the other routes of single deliveries: `expunge` is no delivery's id. */
export function deliveryRetryRoutes(deps: Deps): Route[] {
  return [retryRoute(deps), cancelRoute(deps), removeBodiesRoute(deps), expungeRoute(deps)];
}

function retryRoute({ store, deliveries }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/deliveries/{id}/retry",
    scope: "deliveries:execute",
    tag: "Deliveries",
    summary: "Make a delivery again, now",
    description:
      "Whatever its status is: one that was delivered is sent once more. An automatic attempt that waits is replaced, and the policy's schedule goes on after this one. Each asking has an attempt of its own. The delivery keeps its id.",
    responses: { 202: { description: "The delivery: an attempt is made at once.", schema: deliverySchema } },
    async handler({ tenantId, params }) {
      const row = await findDelivery(store, tenantId, params.id);
      await deliveries.retry(row);
      const {
        reason: _,
        endedAt: _endedAt,
        nextAttemptAt: _next,
        waiting: _waiting,
        ...view
      } = await deliveryView(store, row);
      return { status: 202, body: { ...view, status: "pending" } };
    },
  });
}

function cancelRoute({ store, deliveries }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/deliveries/{id}/cancel",
    scope: "deliveries:execute",
    tag: "Deliveries",
    summary: "End a delivery that is pending",
    description: "No further attempt is made. One that is under way may still arrive, and a success is recorded then.",
    responses: { 200: { description: "The delivery: it is cancelled.", schema: deliverySchema } },
    async handler({ tenantId, params }) {
      const { _id: id, class: failureClass } = await findDelivery(store, tenantId, params.id);
      const reason = { code: "manual", message: "Somebody ended it." };
      const isEnded = await store.deliveries.change(tenantId, id, { status: "cancelled", class: failureClass, reason });
      const row = await findDelivery(store, tenantId, id);
      // Whatever carries it finds it ended; telling it only spares that look.
      if (isEnded) deliveries.cancel(row);
      if (row.status !== "cancelled") {
        throw new AppError("state.conflict", { detail: `The delivery has ended already: it is ${row.status}.` });
      }
      return { status: 200, body: await deliveryView(store, row) };
    },
  });
}

function removeBodiesRoute({ store }: Deps): Route {
  return route({
    method: "delete",
    path: "/v1/deliveries/{id}/bodies",
    scope: "deliveries:execute",
    tag: "Deliveries",
    summary: "Remove what a delivery's attempts sent and got; their rows stay",
    responses: { 204: { description: "They are removed." } },
    async handler({ tenantId, params }) {
      const { _id: id } = await findDelivery(store, tenantId, params.id);
      await store.deliveryBodies.expunge(tenantId, { id });
      return { status: 204 };
    },
  });
}

const expungeSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  // A cursor alone would go on with everything.
  anyOf: [{ required: ["before"] }, { required: ["endpoint"] }],
  properties: {
    before: {
      type: "string",
      format: "date-time",
      description: "Only of deliveries whose event came before this time.",
    },
    endpoint: {
      type: "string",
      pattern: "^ep_[0-9A-Za-z]{22}$",
      description: "Only of deliveries to this endpoint, which may have been deleted since.",
    },
    cursor: { type: "string", pattern: "^dlv_[0-9A-Za-z]{22,32}$", description: "`nextCursor` of the answer before." },
  },
};

type ExpungeRequest = { before?: string; endpoint?: EndpointId; cursor?: `dlv_${string}` };

const expungedSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["deliveries", "removed", "nextCursor"],
  properties: {
    deliveries: { type: "integer", minimum: 0, description: "Deliveries that were looked at." },
    removed: { type: "integer", minimum: 0, description: "Attempts whose bodies were removed." },
    nextCursor: { type: ["string", "null"], description: "Goes on where this answer ends; null when all is done." },
  },
};

function expungeRoute({ store }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/deliveries/expunge",
    scope: "deliveries:execute",
    tag: "Deliveries",
    summary: "Remove what many deliveries' attempts sent and got; their rows stay",
    description:
      "Of all before a time, of all to an endpoint, or both. One request does so much as it can do at once: repeat it with `cursor` until `nextCursor` is null. Events keep their data.",
    body: jsonBody<ExpungeRequest>(expungeSchema, { example: { before: "2026-03-01T00:00:00Z" } }),
    responses: { 200: { description: "What was done.", schema: expungedSchema } },
    async handler({ tenantId, body }) {
      const before = body.before === undefined ? undefined : new Date(body.before);
      if (before !== undefined && Number.isNaN(before.getTime())) {
        const errors = [{ pointer: "/before", code: "format", message: "This time does not exist." }];
        throw new AppError("request.invalid", { detail: "The body has an error.", errors });
      }
      const { endpoint, cursor } = body;
      const done = await store.deliveryBodies.expungeMany(tenantId, { before, endpoint }, cursor);
      return { status: 200, body: { ...done, nextCursor: done.nextCursor ?? null } };
    },
  });
}
