// What workflows may ask of the world.
import type { ScopeSlice } from "../src/flow/scope.ts";
import { evaluateLogic } from "../src/flow/logic/evaluate.ts";
import { matchesRegex } from "../src/flow/regex.ts";
import { readPath } from "../src/flow/scope-path.ts";
import { renderValues as render } from "../src/flow/values.ts";
import type { EffectResult } from "../src/flow/effects.ts";
import type { Values } from "../src/model/flow.ts";
import type { Json, JsonObject } from "../src/model/json.ts";
import type { RunEnd } from "../src/model/run.ts";
import type { KeptStep, SettledStep } from "../src/model/step.ts";
import type { AttemptRecord } from "../src/store/steps.ts";
import { wholeEvent, type ActivityDeps, type RunContext } from "./deps.ts";
import { createPerformStep } from "./perform-step.ts";
import { createRetryPage } from "./retry-page.ts";

export type Activities = ReturnType<typeof createActivities>;

export type RenderInput = RunContext & { values: Values; scope: ScopeSlice };
export type LoadKeptInput = Pick<RunContext, "tenantId" | "runId"> & { after: string };
/** `next`: what to ask the next page with; absent on the last one. */
export type KeptPage = { steps: KeptStep[]; next?: string };
export type DecideInput = RunContext & { rule: Json; scope: ScopeSlice };
export type FinishRunInput = RunContext & { end: RunEnd; settled: SettledStep[]; unrecorded: AttemptRecord[] };

/** The activities over their dependencies; the worker registers them under these names. */
export function createActivities(deps: ActivityDeps) {
  const { store } = deps;
  return {
    performStep: createPerformStep(deps),
    ...createRetryPage(deps),

    /** Renders values that hold templates: they are never rendered inside the workflow's isolate. */
    async renderValues(input: RenderInput): Promise<EffectResult> {
      const rendered = render(input.values, await scopeOf(store, input), { nowMs: Date.now() });
      if (rendered.ok) return { outcome: "succeeded", output: rendered.value };
      const failureClass = rendered.code === "budget" ? "limit" : "template";
      const message = `${rendered.pointer}: ${rendered.message}`;
      return { outcome: "failed", failure: { class: failureClass, code: rendered.code, message } };
    },

    /** Decides a condition with regular expressions, whose engine stays out of the isolate. */
    async decideCondition(input: DecideInput): Promise<EffectResult> {
      const options = { nowMs: Date.now(), matches: matchesRegex };
      const decided = evaluateLogic(input.rule, await scopeOf(store, input), options);
      if (decided.ok) return { outcome: "succeeded", output: decided.value };
      return { outcome: "failed", failure: { class: "limit", code: decided.code, message: decided.message } };
    },

    /** The parts of a large event's data that the workflow's conditions read, at their places. */
    async loadEventParts(input: RunContext & { paths: string[] }): Promise<Json> {
      const { dataText } = await wholeEvent(store, input);
      const data = JSON.parse(dataText) as Json; // Checked when the event was accepted.
      if (input.paths.includes("*")) return data;
      return partsOf(data, input.paths);
    },

    /** A page of the steps that a run keeps from an earlier one, in the order of their paths. */
    loadKept: ({ tenantId, runId, after }: LoadKeptInput): Promise<KeptPage> =>
      store.steps.keptPage(tenantId, runId, after),

    /** Writes how a run ended, once everything of it is recorded. Repeatable. */
    async finishRun(input: FinishRunInput): Promise<void> {
      const { tenantId, runId } = input;
      await Promise.all([
        ...input.unrecorded.map((record) => store.steps.recordAttempt(withDate(record), [])),
        store.steps.recordSettled(tenantId, runId, input.settled),
      ]);
      await store.runs.end(tenantId, runId, input.end);
    },
  };
}

/** A record that has travelled with the workflow: Temporal carries JSON, and so the date as a text. */
function withDate(record: AttemptRecord): AttemptRecord {
  return { ...record, attempt: { ...record.attempt, startedAt: new Date(record.attempt.startedAt) } };
}

async function scopeOf(store: ActivityDeps["store"], input: RunContext & { scope: ScopeSlice }): Promise<object> {
  const { dataText, ...envelope } = await wholeEvent(store, input);
  return { ...input.scope, event: { ...envelope, data: JSON.parse(dataText) as Json } };
}

/** A tree that holds only what stands at the paths. */
function partsOf(data: Json, paths: string[]): Json {
  const parts: JsonObject = Object.create(null) as JsonObject; // An empty object without a prototype.
  for (const path of paths) {
    const keys = path.split(".");
    const value = readPath(data, keys);
    if (value === undefined) continue;
    let place = parts;
    for (const key of keys.slice(0, -1)) place = childOf(place, key);
    place[keys.at(-1) ?? ""] = value as Json; // Read from parsed JSON.
  }
  return parts;
}

function childOf(place: JsonObject, key: string): JsonObject {
  const child = place[key];
  if (typeof child === "object" && child !== null && !Array.isArray(child)) return child;
  const made = Object.create(null) as JsonObject; // An empty object without a prototype.
  place[key] = made;
  return made;
}
