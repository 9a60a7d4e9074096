// What is a flow in the API, and how is its draft checked, named and found?
import { compileFlow, type Compiled } from "../flow/compile.ts";
import { AppError } from "../model/errors.ts";
import { flowSchema, type Flow } from "../model/flow.ts";
import { newId, randomBase62, type FlowId, type TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { findingSchema, type Finding } from "../model/problem.ts";
import type { FlowChange, FlowRecord, FlowStore } from "../store/flows.ts";
import type { FlowContext } from "./flow-context.ts";
import { revisionTag, stale } from "./precondition.ts";
import type { Answer } from "./route.ts";

/** Paths below `/v1/flows` that are no flows: a flow with such a slug could not be read by it. */
const reservedSlugs = new Set(["validate", "import"]);
const slugCharsMax = 64;
const slugTriesMax = 20;

const properties: { [name: string]: JsonSchema } = {
  id: { type: "string" },
  slug: { type: "string" },
  name: { type: "string" },
  enabled: { type: "boolean" },
  publishedVersion: { type: ["integer", "null"] },
  triggers: {
    type: "array",
    items: { type: "object", required: ["type"], properties: { type: { type: "string" }, url: { type: "string" } } },
  },
  createdAt: { type: "string", format: "date-time" },
  updatedAt: { type: "string", format: "date-time" },
};
const required = Object.keys(properties);

/** A flow in a list: without its draft. */
export const flowRowSchema: JsonSchema = { title: "FlowRow", type: "object", required, properties };

/** A flow with its draft and what only compiling finds in it. `draft` is the document as it was saved. */
export const flowViewSchema: JsonSchema = {
  title: "FlowView",
  type: "object",
  required: [...required, "draft", "problems"],
  properties: {
    ...properties,
    draft: flowSchema,
    problems: { type: "array", items: findingSchema, description: "What publishing would refuse." },
  },
};

export function flowRow(flow: FlowRecord) {
  const { id, slug, name, enabled, publishedVersion, draft, createdAt, updatedAt } = flow;
  const triggers = [draft.on].flat().map(() => ({ type: "event" }));
  return { id, slug, name, enabled, publishedVersion, triggers, createdAt, updatedAt };
}

/** The answer that shows a flow, with the ETag that a change of its draft has to name. */
export function flowAnswer(flow: FlowRecord, status = 200, headers: Answer["headers"] = {}): Answer {
  const { draft, problems } = flow;
  return { status, body: { ...flowRow(flow), draft, problems }, etag: flowTag(flow), headers };
}

export function flowTag(flow: Pick<FlowRecord, "revision">): string {
  return revisionTag(flow.revision);
}

/** The flow by id or slug. Throws AppError `resource.not_found`, also for another tenant's. */
export async function findFlow(flows: FlowStore, tenantId: TenantId, idOrSlug: string): Promise<FlowRecord> {
  const flow = await flows.find(tenantId, idOrSlug);
  if (!flow) throw unknownFlow();
  return flow;
}

/** The flow after a change. Throws AppError: somebody else was first, it is gone, or its slug is taken. */
export function changedFlow(change: FlowChange): FlowRecord {
  if (change.outcome === "changed") return change.flow;
  if (change.outcome === "stale") throw stale("flow");
  throw change.outcome === "unknown" ? unknownFlow() : slugTaken();
}

/** What compiling says of a draft, as the version that publishing it would make. */
export function compileDraft(draft: unknown, context: FlowContext, flow?: FlowRecord): Compiled {
  const identity = flow ?? { id: newId("flow"), slug: "draft", publishedVersion: null };
  const { id, slug, publishedVersion } = identity;
  return compileFlow(draft, { ...context, flow: { id, slug, version: (publishedVersion ?? 0) + 1 } });
}

/** What publishing would refuse. */
export function problemsOf(draft: unknown, context: FlowContext): Finding[] {
  const compiled = compileDraft(draft, context);
  return compiled.ok ? [] : compiled.errors;
}

/** The plan of a draft. Throws AppError `flow.invalid` with every error. */
export function planOf(flow: FlowRecord, context: FlowContext) {
  const compiled = compileDraft(flow.draft, context, flow);
  if (compiled.ok) return compiled.plan;
  const count = compiled.errors.length;
  const detail = `The flow has ${count === 1 ? "an error" : `${count} errors`}: \`errors\` says where and why.`;
  throw new AppError("flow.invalid", { detail, errors: compiled.errors });
}

/** Makes a flow with this id, under its own slug or under one that is made from its name and free. */
export async function createFlow(
  flows: FlowStore,
  tenantId: TenantId,
  id: FlowId,
  { draft, problems }: { draft: Flow; problems: Finding[] },
): Promise<FlowRecord> {
  const createAs = (slug: string) =>
    reservedSlugs.has(slug) ? "slug_taken" : flows.create(tenantId, id, { draft, slug, problems });
  if (draft.slug !== undefined) {
    const flow = await createAs(draft.slug);
    if (flow === "slug_taken") throw slugTaken();
    return flow;
  }
  const base = slugOf(draft.name);
  for (let number = 1; number <= slugTriesMax; number++) {
    const flow = await createAs(number === 1 ? base : `${base.slice(0, slugCharsMax - 4)}-${number}`);
    if (flow !== "slug_taken") return flow;
  }
  // So many flows of one name: digits that nobody has.
  const flow = await createAs(`${base.slice(0, 48)}-${randomBase62(12).toLowerCase()}`);
  if (flow === "slug_taken") throw slugTaken();
  return flow;
}

export function checkSlug(slug: string): void {
  if (reservedSlugs.has(slug)) throw slugTaken();
}

/** The name in lower case ASCII, other characters as dashes; `otherwise` when nothing is left. */
export function slugOf(name: string, otherwise = "flow"): string {
  const ascii = name
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase();
  const words = ascii.match(/[a-z0-9]+/g) ?? [otherwise];
  return words.join("-").slice(0, slugCharsMax).replace(/-+$/, "");
}

function unknownFlow(): AppError {
  return new AppError("resource.not_found", { detail: "There is no flow with this id or slug." });
}

function slugTaken(): AppError {
  return new AppError("state.conflict", {
    detail: "Another flow has this slug, or it is reserved: choose another one.",
  });
}
