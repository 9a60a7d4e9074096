// A plan: a flow's version compiled for running. Defaults applied, policies resolved, references analysed, no secrets.
import type { Values } from "./flow.ts";
import type { FlowId } from "./ids.ts";
import type { Json } from "./json.ts";
import type { RetryPlan } from "./retry.ts";

/** Which parts of the scope a value or condition reads: `event`, `event.data.rating`, `steps.case`, `vars.total`, `error`. */
export type Uses = string[];

export type PlanCondition = {
  /** JSON Logic; simple filters are compiled to it. */
  rule: Json;
  uses: Uses;
  /** The condition has regular expressions: they are never run inside the workflow's isolate. */
  regex?: true;
};

export type PlanOnError = "fail" | "continue" | { steps: PlanStep[] };

type PlanStepCommon = {
  /** The author's id. */
  id: string;
  /** Where it stands: `tell`, `route.crm.send`. */
  path: string;
  name?: string;
  if?: PlanCondition;
  onError: PlanOnError;
};
export type PlanAction = PlanStepCommon & {
  kind: "action";
  use: string;
  connection?: string;
  with: { [key: string]: Values };
  uses: Uses;
  retry: RetryPlan;
  /** Of one attempt. */
  timeoutMs: number;
  expect?: PlanCondition;
};
export type PlanSet = PlanStepCommon & { kind: "set"; set: { [name: string]: Values }; uses: Uses };
export type PlanFilter = PlanStepCommon & { kind: "filter"; filter: PlanCondition };
/** A branch without `when` is the `else`. */
export type PlanBranch = { when?: PlanCondition; steps: PlanStep[] };
export type PlanChoose = PlanStepCommon & { kind: "choose"; branches: PlanBranch[]; mode: "first" | "all" };
export type PlanStop = PlanStepCommon & { kind: "stop"; stop: "succeeded" | "failed"; reason?: string; uses: Uses };
export type PlanStep = PlanAction | PlanSet | PlanFilter | PlanChoose | PlanStop;

export type Plan = {
  /** The form of this document, for the interpreter. */
  planVersion: 1;
  flow: { id: FlowId; slug: string; name: string; version: number };
  /** Event types and wildcards that start it: `review.created`, `review.*`, `*`. */
  events: string[];
  /** Asked when the event is accepted: an event that does not pass makes no run. */
  filter?: PlanCondition;
  steps: PlanStep[];
  onFailure: PlanStep[];
  output?: { values: Values; uses: Uses };
  timeoutMs?: number;
  /** What conditions inside the workflow read of a large event that travels by reference: paths below `event.data`. */
  eventPaths: string[];
};
