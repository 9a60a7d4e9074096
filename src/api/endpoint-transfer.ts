// How do endpoints move from one installation to another? As a list of their settings, without secrets.
import type { EndpointDesk } from "../endpoint/desk.ts";
import type { Endpoint } from "../model/endpoint.ts";
import { endpointGivenSchema } from "../model/endpoint-given.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { findingSchema, type Finding } from "../model/problem.ts";
import type { ApiDeps } from "./deps.ts";
import { madeSchema, endpointRow, secretShown, warningsOf } from "./endpoint-view.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Route } from "./route.ts";

const tag = "Endpoints";
const itemsMax = 100;
const importBytesMax = 2 * 1024 * 1024;
/** Items that are checked at once: each may ask name servers. */
const atOnceMax = 8;

type Deps = Pick<ApiDeps, "endpoints" | "log">;
type Import = { endpoints: unknown[] };

const importSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["endpoints"],
  properties: {
    endpoints: {
      type: "array",
      minItems: 1,
      maxItems: itemsMax,
      // Each is judged by itself: one that is wrong keeps no other from being made.
      items: { description: "Settings, as `POST /v1/endpoints` takes them and the export answers them." },
    },
  },
};
const resultSchema: JsonSchema = {
  type: "object",
  required: ["index", "outcome"],
  properties: {
    index: { type: "integer", description: "Its place in the request." },
    outcome: { type: "string", enum: ["made", "invalid"] },
    endpoint: madeSchema,
    errors: { type: "array", items: findingSchema, description: "Pointers begin at the item." },
  },
};
const importedSchema: JsonSchema = {
  type: "object",
  required: ["made", "invalid", "data"],
  properties: {
    made: { type: "integer" },
    invalid: { type: "integer" },
    data: { type: "array", items: resultSchema, description: "In the order of the request." },
  },
};

export function endpointTransferRoutes(deps: Deps): Route[] {
  return [exportRoute(deps), importRoute(deps)];
}

function exportRoute({ endpoints }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/endpoints/export",
    scope: "endpoints:read",
    tag,
    summary: "The settings of endpoints, in the form that the import takes",
    description:
      "Newest first, in pages. Signing secrets, keys of client certificates, OAuth secrets and the values of secret headers are not in it: give them again before you import.",
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(endpointGivenSchema) } },
    async handler({ tenantId, query }) {
      const page = await endpoints.list(tenantId, {}, pageOf(query, "ep"));
      return pageAnswer(page.items.map(exportedOf), page.nextCursor);
    },
  });
}

function importRoute({ endpoints, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/endpoints/import",
    scope: "endpoints:write",
    tag,
    summary: "Make up to 100 endpoints from their settings",
    description:
      "Each is made or refused by itself, and the answer says which; nothing is half made. Every one gets an id and, without `secret`, a secret of its own.",
    body: jsonBody<Import>(importSchema, { contentTypes: { "application/json": importBytesMax } }),
    responses: { 200: { description: "What became of each.", schema: importedSchema } },
    // Names of a hundred addresses may take longer than the database.
    ownTime: true,
    async handler({ tenantId, keyId, body, newId }) {
      // Chosen before, in order: a request that comes again finds what it made.
      const items = body.endpoints.map((given, index) => ({ given, index, id: newId("ep") }));
      const data = await mapAtOnce(items, (item) => importOne(endpoints, tenantId, item));
      const made = data.filter((one) => one.outcome === "made").length;
      log.info({ tenantId, keyId, made }, "endpoints were imported");
      return { status: 200, body: { made, invalid: data.length - made, data } };
    },
  });
}

type Item = { given: unknown; index: number; id: EndpointId };
type Result =
  { index: number; outcome: "made"; endpoint: object } | { index: number; outcome: "invalid"; errors: Finding[] };

async function importOne(endpoints: EndpointDesk, tenantId: TenantId, { given, index, id }: Item): Promise<Result> {
  const made = await endpoints.create(tenantId, id, given);
  if (made.outcome === "invalid") return { index, outcome: "invalid", errors: made.findings };
  const { endpoint, secrets, warnings } = made;
  const shown = { ...endpointRow(endpoint), secrets: secrets.map(secretShown), ...warningsOf(warnings) };
  return { index, outcome: "made", endpoint: shown };
}

/** Results in the order of the items. */
async function mapAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: atOnceMax }, worker));
  return items.flatMap((_, index) => {
    const result = results.get(index);
    return result === undefined ? [] : [result];
  });
}

function exportedOf(endpoint: Endpoint) {
  const { id: _, tenantId: __, status, statusReason: ___, health: ____, verifiedAt: _____, ...rest } = endpoint;
  const { revision: ______, createdAt: _______, updatedAt: ________, ...settings } = rest;
  return { ...settings, ...(status === "disabled" ? { enabled: false } : {}) };
}
