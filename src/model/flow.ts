// A flow: what a person writes. Triggers, filter, steps, and policies beside the step they govern.
import { eventPatternSchema, eventTypeSchema } from "./event.ts";
import { byType, type Json, type JsonObject, type JsonSchema } from "./json.ts";
import { durationSchema, retryPolicySchema, type Duration, type RetryPolicy } from "./retry.ts";
import { runStatuses } from "./run.ts";

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
  /** What follows when it is not known whether a write that cannot be repeated safely has happened: `fail` unless given. */
  onAmbiguous?: OnAmbiguous;
};
export type OnAmbiguous = "fail" | "repeat";
export type SetStep = StepCommon & { set: { [name: string]: Values } };
export type FilterStep = StepCommon & { filter: Condition };
export type ChooseBranch = { when: Condition; steps: Step[] } | { else: Step[] };
export type ChooseStep = StepCommon & { choose: ChooseBranch[]; mode?: "first" | "all" };
/** `reason`: a text, or `{ "$template": … }`. */
export type StopStep = StepCommon & { stop: "succeeded" | "failed"; reason?: Values };
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

/** What a flow may cost to read: bytes of its JSON text, steps in all, and steps inside steps. */
export const flowBytesMax = 100 * 1024;
export const stepsMax = 200;
export const nestingMax = 8;
/** Longest timeout of one attempt, and what a step without `timeout` gets, in milliseconds. */
export const stepTimeoutMsMax = 5 * 60_000;
export const stepTimeoutMsDefault = 30_000;

/** The members that make a step what it is. A step has exactly one of them. */
export const stepKinds = ["use", "set", "filter", "choose", "stop"] as const;

const conditionRef: JsonSchema = { $ref: "#/$defs/condition" };
const stepsRef: JsonSchema = { $ref: "#/$defs/steps" };
const label: JsonSchema = { type: "string", minLength: 1, maxLength: 200 };

const stepCommon = {
  id: {
    type: "string",
    pattern: "^[A-Za-z][A-Za-z0-9_-]{0,63}$",
    // Outputs are members of one object: an id that every object has as a member would read as a step that has run.
    not: { enum: Object.getOwnPropertyNames(Object.prototype) },
    description:
      "A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own.",
  },
  name: label,
  if: conditionRef,
  onError: byType({
    string: { enum: ["fail", "continue"] },
    object: { additionalProperties: false, required: ["steps"], properties: { steps: stepsRef } },
  }),
};

/** Why a run stops: a sentence, or a message template that gives one. */
const reasonSchema: JsonSchema = byType({
  string: { maxLength: 2_000 },
  object: { additionalProperties: false, required: ["$template"], properties: { $template: { type: "string" } } },
});

/** The forms of each kind of step, by the member that decides which it is. */
const stepForms: { [kind in (typeof stepKinds)[number]]: { [member: string]: JsonSchema } } = {
  use: {
    use: {
      type: "string",
      maxLength: 128,
      pattern: "^[a-z][A-Za-z0-9_-]*\\.[A-Za-z][A-Za-z0-9_]*$",
      description: "A connector and one of its actions, like `slack.postMessage`.",
    },
    connection: { type: "string", minLength: 1, maxLength: 128, description: "Slug or id of a connection." },
    with: { type: "object", description: "What the action is given. Text leaves may be templates." },
    retry: retryPolicySchema,
    timeout: { ...durationSchema, description: "Of one attempt: a whole number and a unit, like `30s`, `5m` at most." },
    expect: conditionRef,
    onAmbiguous: {
      type: "string",
      enum: ["fail", "repeat"],
      description: "When it is not known whether the action has happened: `fail` and ask a person, or `repeat` it.",
    },
  },
  set: {
    set: {
      type: "object",
      minProperties: 1,
      propertyNames: {
        pattern: "^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        description: "The name of a variable: a letter or `_`, then letters, digits and `_`, 64 at most.",
      },
    },
  },
  filter: { filter: conditionRef },
  choose: {
    choose: { type: "array", minItems: 1, maxItems: 50, items: { $ref: "#/$defs/branch" } },
    mode: { type: "string", enum: ["first", "all"] },
  },
  stop: { stop: { type: "string", enum: ["succeeded", "failed"] }, reason: reasonSchema },
};

const stepSchemaOfFlow: JsonSchema = stepKinds.reduceRight<JsonSchema>(
  (otherwise, kind) => ({
    if: { required: [kind] },
    then: { additionalProperties: false, required: ["id"], properties: { ...stepCommon, ...stepForms[kind] } },
    else: otherwise,
  }),
  // Without a deciding member: say so, and still name each member that no step has.
  {
    additionalProperties: false,
    required: ["id"],
    properties: {
      ...stepCommon,
      ...Object.fromEntries(Object.values(stepForms).flatMap((form) => Object.entries(form))),
    },
    anyOf: stepKinds.map((kind) => ({ required: [kind] })),
  },
);

/** The simple filter of webhook systems. `exists` needs no value: it then means true. */
const simpleFilterSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["field", "operator"],
  properties: {
    field: { type: "string", minLength: 1, maxLength: 256 },
    operator: { type: "string", enum: ["equals", "contains", "in", "exists"] },
    value: {},
  },
  if: { properties: { operator: { enum: ["equals", "contains", "in"] } } },
  then: { required: ["value"] },
};

const testSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "event", "expect"],
  properties: {
    name: label,
    event: {
      type: "object",
      additionalProperties: false,
      required: ["type", "data"],
      properties: { type: eventTypeSchema, data: {}, id: { type: "string", minLength: 1, maxLength: 128 } },
    },
    mocks: { type: "object", description: "By step path: an output, `{ $fail: … }`, or `{ $attempts: […] }`." },
    expect: {
      type: "object",
      additionalProperties: false,
      properties: {
        matched: { type: "boolean" },
        ran: { type: "array", items: { type: "string" } },
        status: { type: "string", enum: runStatuses },
        output: {},
      },
    },
  },
};

/** The schema of a flow as people write it (JSON Schema 2020-12), published at `/v1/schemas/flow.json`. */
export const flowSchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Flow",
  type: "object",
  additionalProperties: false,
  required: ["name", "on", "steps"],
  properties: {
    schemaVersion: { const: 1 },
    name: label,
    slug: {
      type: "string",
      maxLength: 64,
      pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
      description: "Lower-case letters and digits in words parted by `-`, 64 at most.",
    },
    description: { type: "string", maxLength: 2_000 },
    on: byType({
      object: { $ref: "#/$defs/trigger" },
      array: { minItems: 1, maxItems: 20, items: { $ref: "#/$defs/trigger" } },
    }),
    filter: conditionRef,
    steps: stepsRef,
    onFailure: stepsRef,
    output: { description: "Values; without it the flow's output is that of the last step that ran." },
    timeout: { ...durationSchema, description: "Of the whole run: a whole number and a unit, like `2h`." },
    tests: { type: "array", maxItems: 100, items: testSchema },
  },
  $defs: {
    trigger: {
      type: "object",
      additionalProperties: false,
      required: ["event"],
      properties: {
        event: byType({
          string: eventPatternSchema,
          array: { minItems: 1, maxItems: 50, items: eventPatternSchema },
        }),
      },
    },
    condition: {
      ...byType({
        boolean: {},
        object: {
          if: { anyOf: [{ required: ["field"] }, { required: ["operator"] }] },
          then: { $ref: "#/$defs/simpleFilter" },
        },
        array: { minItems: 1, maxItems: 100, items: { $ref: "#/$defs/simpleFilter" } },
      }),
      description: "JSON Logic, a simple filter, or a list of simple filters that must all hold.",
    },
    simpleFilter: simpleFilterSchema,
    steps: { type: "array", maxItems: stepsMax, items: { $ref: "#/$defs/step" } },
    step: { type: "object", ...stepSchemaOfFlow },
    branch: {
      type: "object",
      if: { required: ["else"] },
      then: { additionalProperties: false, properties: { else: stepsRef } },
      else: {
        additionalProperties: false,
        required: ["when", "steps"],
        properties: { when: conditionRef, steps: stepsRef },
      },
    },
  },
};
