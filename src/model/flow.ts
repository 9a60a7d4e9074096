// A flow: what a person writes. Triggers, filter, steps, and policies beside the step they govern.
import type { Json, JsonObject } from "./json.ts";
import type { Duration, RetryPolicy } from "./retry.ts";

/** A JSON tree whose string leaves may be templates; `{ "$logic": rule }` and `{ "$literal": … }` are special nodes. */
export type Values = Json;

/** JSON Logic, or the simple filter of webhook systems, which compiles to it. A list of simple filters must hold in all. */
export type SimpleFilter = { field: string; operator: "equals" | "contains" | "in" | "exists"; value?: Json };
export type Condition = boolean | JsonObject | SimpleFilter | SimpleFilter[];

export type EventTrigger = { event: string | string[] };
export type Trigger = EventTrigger;

type StepCommon = { id: string; name?: string; if?: Condition; onError?: OnError };
export type OnError = "fail" | "continue" | { steps: Step[] };

export type ActionStep = StepCommon & {
  use: string;
  connection?: string;
  with?: { [key: string]: Values };
  retry?: RetryPolicy;
  timeout?: Duration;
  expect?: Condition;
};
export type SetStep = StepCommon & { set: { [name: string]: Values } };
export type FilterStep = StepCommon & { filter: Condition };
export type ChooseBranch = { when: Condition; steps: Step[] } | { else: Step[] };
export type ChooseStep = StepCommon & { choose: ChooseBranch[]; mode?: "first" | "all" };
export type StopStep = StepCommon & { stop: "succeeded" | "failed"; reason?: string };
export type Step = ActionStep | SetStep | FilterStep | ChooseStep | StopStep;

/** What a mocked action answers in a test: its output, a failure, or a list of answers by attempt. */
export type Mock = Json;
export type FlowTest = {
  name: string;
  event: { type: string; data: Json; id?: string };
  mocks?: { [stepPath: string]: Mock };
  expect: { matched?: boolean; ran?: string[]; status?: string; output?: Json };
};

export type Flow = {
  schemaVersion?: 1;
  name: string;
  slug?: string;
  description?: string;
  on: Trigger | Trigger[];
  filter?: Condition;
  steps: Step[];
  onFailure?: Step[];
  output?: Values;
  timeout?: Duration;
  tests?: FlowTest[];
};
