// A plan: a flow's version compiled for running. Defaults applied, policies resolved, references analysed, no secrets.
import type { Values } from "./flow.ts";
import type { FlowId } from "./ids.ts";
import type { Json, JsonSchema } from "./json.ts";
import type { RetryPlan } from "./retry.ts";

/** Which parts of the scope a value or condition reads: `event`, `event.data.rating`, `steps.case`, `vars.total`, `error`. */
export type Uses = string[];

export type PlanCondition = {
  /** JSON Logic; simple filters are compiled to it. */
  rule: Json;
  uses: Uses;
  /** The condition has regular expressions: they are never run inside the workflow's isolate. */
  regex?: true;
  /** The author wrote a simple filter, or a list of them, instead of the rule: so that a reason can point at what they wrote. */
  simple?: "one" | "list";
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
  /** Absent: `fail`. */
  onAmbiguous?: "repeat";
};
export type PlanSet = PlanStepCommon & { kind: "set"; set: { [name: string]: Values }; uses: Uses };
export type PlanFilter = PlanStepCommon & { kind: "filter"; filter: PlanCondition };
/** A branch without `when` is the `else`. */
export type PlanBranch = { when?: PlanCondition; steps: PlanStep[] };
export type PlanChoose = PlanStepCommon & { kind: "choose"; branches: PlanBranch[]; mode: "first" | "all" };
export type PlanStop = PlanStepCommon & { kind: "stop"; stop: "succeeded" | "failed"; reason?: Values; uses: Uses };
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

const uses: JsonSchema = { type: "array", items: { type: "string" } };
const conditionRef: JsonSchema = { $ref: "#/$defs/condition" };
const stepsRef: JsonSchema = { type: "array", items: { $ref: "#/$defs/step" } };

const common = {
  id: { type: "string" },
  path: { type: "string" },
  name: { type: "string" },
  if: conditionRef,
  onError: {
    if: { type: "string" },
    then: { enum: ["fail", "continue"] },
    else: { type: "object", additionalProperties: false, required: ["steps"], properties: { steps: stepsRef } },
  },
};

const forms: { [kind in PlanStep["kind"]]: { required: string[]; properties: { [member: string]: JsonSchema } } } = {
  action: {
    required: ["use", "with", "uses", "retry", "timeoutMs"],
    properties: {
      use: { type: "string" },
      connection: { type: "string" },
      with: { type: "object" },
      uses,
      retry: { $ref: "#/$defs/retry" },
      timeoutMs: { type: "integer", minimum: 1 },
      expect: conditionRef,
      onAmbiguous: { const: "repeat" },
    },
  },
  set: { required: ["set", "uses"], properties: { set: { type: "object" }, uses } },
  filter: { required: ["filter"], properties: { filter: conditionRef } },
  choose: {
    required: ["branches", "mode"],
    properties: {
      branches: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["steps"],
          properties: { when: conditionRef, steps: stepsRef },
        },
      },
      mode: { enum: ["first", "all"] },
    },
  },
  stop: {
    required: ["stop", "uses"],
    properties: { stop: { enum: ["succeeded", "failed"] }, reason: { type: ["string", "object"] }, uses },
  },
};

/** The schema of a stored plan: what the interpreter may count on. */
export const planSchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Plan",
  type: "object",
  additionalProperties: false,
  required: ["planVersion", "flow", "events", "steps", "onFailure", "eventPaths"],
  properties: {
    planVersion: { const: 1 },
    flow: {
      type: "object",
      additionalProperties: false,
      required: ["id", "slug", "name", "version"],
      properties: {
        id: { type: "string" },
        slug: { type: "string" },
        name: { type: "string" },
        version: { type: "integer", minimum: 0 },
      },
    },
    events: { type: "array", minItems: 1, items: { type: "string" } },
    filter: conditionRef,
    steps: stepsRef,
    onFailure: stepsRef,
    output: {
      type: "object",
      additionalProperties: false,
      required: ["values", "uses"],
      properties: { values: {}, uses },
    },
    timeoutMs: { type: "integer", minimum: 1 },
    eventPaths: uses,
  },
  $defs: {
    condition: {
      type: "object",
      additionalProperties: false,
      required: ["rule", "uses"],
      properties: { rule: {}, uses, regex: { const: true }, simple: { enum: ["one", "list"] } },
    },
    retry: {
      type: "object",
      additionalProperties: false,
      required: ["delaysMs", "jitter"],
      properties: {
        delaysMs: { type: "array", items: { type: "integer", minimum: 1 } },
        jitter: {
          if: { type: "string" },
          then: { enum: ["none", "full"] },
          else: { type: "number", minimum: 0, maximum: 1 },
        },
        on: uses,
        never: uses,
        withinMs: { type: "integer", minimum: 0 },
      },
    },
    step: {
      type: "object",
      required: ["kind"],
      properties: { kind: { enum: Object.keys(forms) } },
      allOf: Object.entries(forms).map(([kind, form]) => ({
        if: { properties: { kind: { const: kind } } },
        then: {
          additionalProperties: false,
          required: ["id", "path", "onError", ...form.required],
          properties: { kind: { const: kind }, ...common, ...form.properties },
        },
      })),
    },
  },
};

export const planExamples: Plan[] = [
  {
    planVersion: 1,
    flow: { id: "flow_01TrqCYz3Zr8L2aQm5Nd0x", slug: "escalate", name: "Escalate", version: 1 },
    events: ["review.created"],
    filter: { rule: { "<=": [{ var: "event.data.rating" }, 2] }, uses: ["event.data.rating"] },
    steps: [
      {
        kind: "action",
        id: "send",
        path: "send",
        onError: "fail",
        use: "webhook.post",
        with: { url: "https://hooks.example.com/in", body: { title: "{{event.data.title}}" } },
        uses: ["event.data.title"],
        retry: { delaysMs: [5_000, 25_000, 125_000, 625_000], jitter: 0.2 },
        timeoutMs: 30_000,
      },
    ],
    onFailure: [],
    eventPaths: [],
  },
];
