// The workflow of one run: gives the pure interpreter its effects, and reports the end.
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  workflowInfo,
} from "@temporalio/workflow";
import type { Activities } from "../activities/index.ts";
import type { PerformStepInput } from "../activities/perform-step.ts";
import type { EffectResult, Effects } from "../src/flow/effects.ts";
import { endsRun, interpret, type KeptSteps, type RunResult } from "../src/flow/interpret.ts";
import { endSummary, stepDetails, stepSummary, summaries } from "../src/flow/summary.ts";
import type { CarriedEvent } from "../src/model/event.ts";
import type { Failure } from "../src/model/failure.ts";
import type { RunId, TenantId } from "../src/model/ids.ts";
import type { Json } from "../src/model/json.ts";
import type { Plan, PlanAction } from "../src/model/plan.ts";
import type { RunEnd } from "../src/model/run.ts";
import type { KeptStep, SettledStep } from "../src/model/step.ts";
import type { AttemptRecord } from "../src/store/steps.ts";
import { closeAs } from "./close.ts";
import { createPacer, fitsPayload } from "./message-size.ts";

export type RunFlowInput = {
  tenantId: TenantId;
  runId: RunId;
  plan: Plan;
  event: CarriedEvent;
  /** Only of runs that somebody asked for again. */
  retry?: RetryInput;
};

/** What a run that was asked for again is told: see `Recovery` of the model. */
export type RetryInput = {
  keyRun: RunId;
  keys: { [path: string]: RunId };
  inputs: { [path: string]: Json };
  keeps: boolean;
};

/** Without a sign of life for this long, an attempt counts as cut off by a crash, and the policy's next one starts. */
const heartbeatTimeoutMs = 15_000;
/**
 * Beyond the step's own timeout: time to open the connection, to fetch its token, to look whether a write has happened, and
 * to record the attempt. A lost worker is found by its missing heartbeats long before.
 */
const recordingMs = 45_000;

// Small, quick and repeatable work in the same process. `finishRun` goes on until MongoDB has taken it.
const localAs = (summary: string) =>
  proxyLocalActivities<Activities>({
    summary,
    startToCloseTimeout: "6s",
    retry: { initialInterval: "250ms", backoffCoefficient: 2, maximumInterval: "30s" },
  });

/** Runs a flow's plan for an event. Fails or is cancelled as the run is, so that Temporal's lists tell the same. */
export async function runFlow(input: RunFlowInput): Promise<Json> {
  const carried: Carried = { unrecorded: [], settled: [], ended: false, pace: createPacer() };
  const { settled, ...end } = await runToEnd(input, carried);
  // Most runs end with the success of their last step, and its attempt has recorded that already.
  if (!isRecorded(end, settled, carried)) await report(input, end, settled, carried);
  setCurrentDetails(endSummary(end));
  return closeAs(end);
}

/** What the effects could not record themselves, and whether the last of them recorded the run's end. */
type Carried = {
  unrecorded: AttemptRecord[];
  settled: SettledStep[];
  ended: boolean;
  pace: ReturnType<typeof createPacer>;
};

/** Whether the last attempt has recorded the end, and everything that came before it is recorded too. */
function isRecorded(end: RunEnd, settled: SettledStep[], carried: Carried): boolean {
  const left = settled.length + carried.settled.length + carried.unrecorded.length;
  return carried.ended && end.status === "succeeded" && left === 0;
}

/** Has the end written, and whatever is not written yet. A cancel must not cut off the report of itself. */
async function report(input: RunFlowInput, end: RunEnd, settled: SettledStep[], carried: Carried): Promise<void> {
  const { tenantId, runId, event } = input;
  const { unrecorded } = carried;
  await CancellationScope.nonCancellable(() =>
    localAs(endSummary(end)).finishRun({
      tenantId,
      runId,
      event,
      end,
      settled: [...carried.settled, ...settled],
      unrecorded,
    }),
  );
}

async function runToEnd(input: RunFlowInput, carried: Carried): Promise<RunResult> {
  const { plan } = input;
  if (plan.timeoutMs === undefined) return interpretRun(input, carried);
  const scope = new CancellationScope({ cancellable: true, timeout: plan.timeoutMs });
  const result = await scope.run(() => interpretRun(input, carried));
  // The scope is cancelled by its own timeout or by the run's cancel from outside; only the first is a failure.
  if (result.status !== "cancelled" || CancellationScope.current().consideredCancelled) return result;
  const error: Failure = { class: "timeout", code: "flow_timeout", message: "The flow's timeout passed." };
  return { status: "failed", error, settled: result.settled };
}

async function interpretRun(input: RunFlowInput, carried: Carried): Promise<RunResult> {
  const { tenantId, runId, plan, event } = input;
  const { dataText, editedIn: _, ...envelope } = event;
  // The text was checked when the event was accepted.
  const data = dataText === undefined ? await loadParts(input, carried) : loaded(JSON.parse(dataText) as Json);
  if (data.outcome === "cancelled") return { status: "cancelled", settled: [] };
  if (data.outcome === "failed") return { status: "failed", error: data.failure, settled: [] };
  const kept = input.retry?.keeps === true ? await loadKept(input) : undefined;
  return interpret(
    plan,
    { event: { ...envelope, data: data.output }, run: { id: runId }, tenant: { id: tenantId } },
    effectsOf(input, carried),
    kept,
  );
}

/**
 * The steps that this run keeps, page by page. A regular activity: several local ones would be reported to Temporal in one
 * message, and that has a limit. A cancel waits for it: without the steps nobody could say how the run stands.
 */
function loadKept({ tenantId, runId }: RunFlowInput): Promise<KeptSteps> {
  const pages = proxyActivities<Activities>({
    summary: "The steps that are kept",
    startToCloseTimeout: "30s",
    retry: { initialInterval: "250ms", backoffCoefficient: 2, maximumInterval: "30s" },
  });
  return CancellationScope.nonCancellable(async () => {
    const kept = new Map<string, KeptStep>();
    for (let after: string | undefined = ""; after !== undefined;) {
      const page: Awaited<ReturnType<Activities["loadKept"]>> = await pages.loadKept({ tenantId, runId, after });
      for (const step of page.steps) kept.set(step.path, step);
      after = page.next;
    }
    return kept;
  });
}

/** What the conditions of this plan read of an event that travels by reference. */
async function loadParts({ tenantId, runId, plan, event }: RunFlowInput, carried: Carried): Promise<EffectResult> {
  if (plan.eventPaths.length === 0) return loaded({});
  const asked = { tenantId, runId, event, paths: plan.eventPaths };
  return settle(localAs(summaries.eventParts).loadEventParts(asked).then(loaded), carried);
}

const loaded = (output: Json) => ({ outcome: "succeeded", output }) as const;

/** Where each effect of the interpreter happens. */
function effectsOf(input: RunFlowInput, carried: Carried): Effects {
  const { tenantId, runId, plan, event } = input;
  const context = { tenantId, runId, event };
  const info = workflowInfo();
  const again = info.firstExecutionRunId !== info.runId;
  return {
    nowMs: () => Date.now(),
    render: (values, _uses, scope) =>
      settle(localAs(summaries.values).renderValues({ ...context, values, scope }), carried),
    decide: (condition, scope) =>
      settle(localAs(summaries.condition).decideCondition({ ...context, rule: condition.rule, scope }), carried),
    async perform(step, scope, settled) {
      const asked = { ...context, flow: plan.flow, step, scope, settled, endsRun: endsRun(plan, step), again };
      const given = fitting({ ...asked, ...askedFor(input, step) }, carried);
      if (given === undefined) return endWithoutAttempt(step, tooMuchToRead, [], carried);
      try {
        // Where an attempt runs is decided here and nowhere else: a regular activity, dispatched eagerly.
        const attempt = attemptsOf(step);
        // An answer to who asks; it writes nothing into the history.
        setCurrentDetails(stepDetails(step));
        const done = await attempt.performStep(given);
        carried.ended = done.ended === true;
        if (done.unrecorded) {
          carried.unrecorded.push(done.unrecorded);
          carried.settled.push(...given.settled);
        }
        return { outcome: "succeeded", output: done.output };
      } catch (error) {
        return endOfAttempts(step, error, given.settled, carried);
      }
    },
  };
}

/**
 * What an attempt is given, as far as it fits into one payload; undefined when what the step reads is too much. The steps
 * that ended before it can be recorded at the end of the run as well.
 */
function fitting(given: PerformStepInput, carried: Carried): PerformStepInput | undefined {
  const { scope, settled } = given;
  if (fitsPayload(given, [scope, settled])) return given;
  carried.settled.push(...settled);
  const rest = { ...given, settled: [] };
  return fitsPayload(rest, scope) ? rest : undefined;
}

const tooMuchToRead: Failure = {
  class: "limit",
  code: "scope_too_large",
  message: "The outputs and variables that the step reads come to more than 2 MB: read fewer of them, or smaller ones.",
};

/** Whose key the step's effect carries, and the input that somebody gave it, in a run that was asked for again. */
function askedFor({ retry }: RunFlowInput, { path }: PlanAction): { keyRunId?: RunId; inputOverride?: Json } {
  if (retry === undefined) return {};
  const keyRunId = (Object.hasOwn(retry.keys, path) ? retry.keys[path] : undefined) ?? retry.keyRun;
  const inputOverride = Object.hasOwn(retry.inputs, path) ? retry.inputs[path] : undefined;
  return { keyRunId, ...(inputOverride === undefined ? {} : { inputOverride }) };
}

/** The activity with the step's name, timeout and retry policy. The delays themselves come with each failure. */
function attemptsOf(step: PlanAction) {
  const { delaysMs } = step.retry;
  return proxyActivities<Activities>({
    activityId: step.path,
    summary: stepSummary(step),
    startToCloseTimeout: step.timeoutMs + recordingMs,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: "TRY_CANCEL",
    retry: {
      // Without `maximumAttempts`: the activity counts the policy's attempts itself, since not every try is one.
      // Only an attempt that a crash cut off brings no delay of its own: it waits like a first retry.
      initialInterval: Math.max(1, delaysMs[0] ?? 1_000),
      backoffCoefficient: 2,
      maximumInterval: Math.max(1_000, ...delaysMs),
    },
  });
}

/** What the interpreter learns of attempts that have ended without success. */
function endOfAttempts(step: PlanAction, error: unknown, settled: SettledStep[], carried: Carried): EffectResult {
  if (isCancellation(error)) {
    carried.settled.push(...settled, { ...nameOf(step), status: "cancelled", atMs: Date.now() });
    return { outcome: "cancelled" };
  }
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isFailure(cause.details?.[0])) {
    return { outcome: "failed", failure: cause.details[0] };
  }
  // No attempt could say how it ended: a worker was lost in the last one, or the activity itself is at fault.
  const failure: Failure =
    cause instanceof ApplicationFailure
      ? { class: "internal", code: cause.type ?? "internal", message: cause.message }
      : {
          class: "timeout",
          code: "attempt_lost",
          message: "The last attempt was cut off: whether it took effect is not known.",
        };
  return endWithoutAttempt(step, failure, settled, carried);
}

/** The end of a step that no attempt has recorded. */
function endWithoutAttempt(step: PlanAction, failure: Failure, settled: SettledStep[], carried: Carried): EffectResult {
  carried.settled.push(...settled, { ...nameOf(step), status: "failed", error: failure, atMs: Date.now() });
  return { outcome: "failed", failure };
}

function nameOf(step: PlanAction): Pick<SettledStep, "path" | "id" | "use" | "name"> {
  return { path: step.path, id: step.id, use: step.use, ...(step.name === undefined ? {} : { name: step.name }) };
}

/** `performStep` puts its Failure into the first detail; anything else there is not ours. */
function isFailure(detail: unknown): detail is Failure {
  return typeof detail === "object" && detail !== null && "class" in detail && "message" in detail;
}

async function settle(result: Promise<EffectResult>, { pace }: Carried): Promise<EffectResult> {
  try {
    const settled = await result;
    await pace(settled);
    return settled;
  } catch (error) {
    if (isCancellation(error)) return { outcome: "cancelled" };
    const message =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
    return { outcome: "failed", failure: { class: "internal", code: "activity", message } };
  }
}
