// One attempt of one action step: render, send, judge, record. Temporal calls it again as the step's policy declares.
import { ApplicationFailure, Context } from "@temporalio/activity";
import { ApplicationFailureCategory } from "@temporalio/common";
import type { Performed } from "../src/connector/executor.ts";
import { deliveryIdOf } from "../src/connector/delivery-id.ts";
import { evaluateLogic, truthy } from "../src/flow/logic/evaluate.ts";
import { matchesRegex } from "../src/flow/regex.ts";
import { decideRetry } from "../src/flow/retry.ts";
import type { ScopeSlice } from "../src/flow/scope.ts";
import { renderValues } from "../src/flow/values.ts";
import type { Attempt } from "../src/model/attempt.ts";
import type { Event } from "../src/model/event.ts";
import type { Failure } from "../src/model/failure.ts";
import type { Json } from "../src/model/json.ts";
import type { Plan, PlanAction } from "../src/model/plan.ts";
import type { SettledStep } from "../src/model/step.ts";
import type { AttemptRecord } from "../src/store/steps.ts";
import { wholeEvent, type ActivityDeps, type RunContext } from "./deps.ts";
import { isShutdown, lastAttemptLost, own, PutOff, uncountedOf } from "./tries.ts";

export type PerformStepInput = RunContext & {
  flow: Plan["flow"];
  step: PlanAction;
  scope: ScopeSlice;
  /** Steps without attempts that ended before this one and are recorded with it. */
  settled: SettledStep[];
  /** When this step succeeds the run has, with the step's output as its own: the end is recorded here and now. */
  endsRun: boolean;
  /** The workflow was reset: an earlier execution may have recorded this step already. */
  again: boolean;
};
export type PerformStepOutput = {
  output: Json;
  /** The success could not be recorded: the workflow carries the record until it can be. */
  unrecorded?: AttemptRecord;
  /** The run's end is recorded too. */
  ended?: true;
};

/** What one attempt came to, before it is recorded. */
type Tried = { input?: Json; performed?: Performed; result: Result };
type Result = { ok: true; output: Json } | { ok: false; failure: Failure; retryAfterMs?: number };

/** How often a long attempt tells Temporal that it lives, in milliseconds; a third of the heartbeat timeout. */
const heartbeatMs = 5_000;

/**
 * The activity `performStep`. Rejects with an ApplicationFailure whose first detail is the Failure. The policy's attempts
 * are counted here, not by Temporal: a try that could not begin, or that our own shutdown cut off, is none of them.
 */
export function createPerformStep(deps: ActivityDeps) {
  return async function performStep(input: PerformStepInput): Promise<PerformStepOutput> {
    const context = Context.current();
    const uncounted = uncountedOf(context.info.heartbeatDetails);
    const attempt = context.info.attempt - uncounted;
    const beat = setInterval(() => context.heartbeat({ uncounted }), heartbeatMs);
    try {
      const recorded = context.info.attempt > 1 || input.again ? await recordedSuccess(deps, input) : undefined;
      if (recorded) return recorded;
      if (attempt > input.step.retry.delaysMs.length + 1) throw lastAttemptLost();
      const startedAt = new Date();
      const tried = await tryStep(deps, input, attempt, context.cancellationSignal);
      // A success stands, whatever else happens to this worker; only what the stop cut off is made again.
      if (!tried.result.ok && isShutdown(context.cancellationSignal)) throw new PutOff("The worker was stopped.", 1);
      const scheduledAtMs = context.info.scheduledTimestampMs;
      return await conclude(deps, input, tried, { attempt, startedAt, scheduledAtMs });
    } catch (error) {
      if (!(error instanceof PutOff)) throw error;
      // Temporal hands the details of the last heartbeat to the next try.
      context.heartbeat({ uncounted: uncounted + 1 });
      const { message, delayMs } = error;
      const category = ApplicationFailureCategory.BENIGN;
      throw ApplicationFailure.create({ message, type: "put_off", nextRetryDelay: delayMs, category });
    } finally {
      clearInterval(beat);
    }
  };
}

/** Look before repeating: the answer may have been lost after the effect was recorded. */
async function recordedSuccess(deps: ActivityDeps, input: PerformStepInput): Promise<PerformStepOutput | undefined> {
  const recorded = await own(deps.store.steps.find(input.tenantId, input.runId, input.step.path));
  return recorded?.status === "succeeded" ? { output: recorded.output ?? null } : undefined;
}

async function tryStep(
  deps: ActivityDeps,
  input: PerformStepInput,
  attempt: number,
  signal: AbortSignal,
): Promise<Tried> {
  const event = await own(wholeEvent(deps.store, input));
  const scope = scopeOf(input, event);
  const rendered = renderValues(input.step.with, scope, { nowMs: Date.now() });
  if (!rendered.ok) {
    const failureClass = rendered.code === "budget" ? "limit" : "template";
    const message = `with${rendered.pointer}: ${rendered.message}`;
    return { result: { ok: false, failure: { class: failureClass, code: rendered.code, message } } };
  }
  const { step } = input;
  const performed = await deps.executor.perform({
    use: step.use,
    input: rendered.value,
    call: {
      deliveryId: deliveryIdOf(input.tenantId, input.runId, step.path),
      attempt,
      willRetry: attempt <= step.retry.delaysMs.length,
      nowMs: Date.now(),
      secrets: await own(deps.signingSecrets.current(input.tenantId)),
      configurationId: `${input.flow.id}.${step.path}`,
      event,
    },
    timeoutMs: step.timeoutMs,
    signal,
  });
  return { input: rendered.value, performed, result: judge(step, scope, performed.outcome) };
}

/** The step's `expect` has the last word on an answer that was good otherwise. */
function judge(step: PlanAction, scope: object, outcome: Performed["outcome"]): Result {
  if (!outcome.ok || step.expect === undefined) return outcome;
  const judged = evaluateLogic(
    step.expect.rule,
    { ...scope, output: outcome.output },
    { nowMs: Date.now(), matches: matchesRegex },
  );
  if (!judged.ok)
    return { ok: false, failure: { class: "limit", code: judged.code, message: `expect: ${judged.message}` } };
  if (truthy(judged.value)) return outcome;
  const message = "The answer does not meet the step's `expect`.";
  return { ok: false, failure: { class: "expectation", code: "expectation", message } };
}

/** Decides about the next try, records the attempt, and answers or fails in Temporal's words. */
async function conclude(
  deps: ActivityDeps,
  input: PerformStepInput,
  tried: Tried,
  at: { attempt: number; startedAt: Date; scheduledAtMs: number },
): Promise<PerformStepOutput> {
  const { result } = tried;
  if (result.ok) return recordSuccess(deps, input, result.output, recordOf(input, tried, at, undefined));
  const decision = decideRetry({
    plan: input.step.retry,
    attempt: at.attempt,
    failure: result.failure,
    elapsedMs: Date.now() - at.scheduledAtMs,
    random: Math.random(),
    ...(result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs }),
  });
  const record = recordOf(input, tried, at, decision.retry ? new Date(Date.now() + decision.delayMs) : undefined);
  await deps.store.steps.recordAttempt(record, input.settled).catch((err: unknown) => {
    // A missing record of a failure costs a row in the log; missing its retry would cost the delivery.
    deps.log.warn({ err, runId: input.runId, step: input.step.path }, "a failed attempt could not be recorded");
  });
  throw ApplicationFailure.create({
    message: result.failure.message,
    type: result.failure.class,
    nonRetryable: !decision.retry,
    details: [result.failure],
    // An expected failure of a receiver is no error of this process: Temporal's metrics and logs stay quiet.
    category: ApplicationFailureCategory.BENIGN,
    ...(decision.retry ? { nextRetryDelay: decision.delayMs } : {}),
  });
}

/** From here on the effect has happened: whatever fails now must not make Temporal repeat it. */
async function recordSuccess(
  deps: ActivityDeps,
  input: PerformStepInput,
  output: Json,
  record: AttemptRecord,
): Promise<PerformStepOutput> {
  const { tenantId, runId, endsRun } = input;
  try {
    await deps.store.steps.recordAttempt(record, input.settled);
  } catch (err) {
    deps.log.warn({ err, runId, step: input.step.path }, "a success could not be recorded yet");
    return { output, unrecorded: record };
  }
  if (!endsRun) return { output };
  try {
    // After the attempt's record: a run that shows as ended must not have a step that will be tried again.
    await deps.store.runs.end(tenantId, runId, { status: "succeeded", output });
    return { output, ended: true };
  } catch (err) {
    deps.log.warn({ err, runId }, "a run's end could not be recorded yet");
    return { output };
  }
}

function recordOf(
  input: PerformStepInput,
  { input: rendered, performed, result }: Tried,
  at: { attempt: number; startedAt: Date },
  nextAttemptAt: Date | undefined,
): AttemptRecord {
  const { step } = input;
  const attempt: Attempt = {
    number: at.attempt,
    trigger: at.attempt === 1 ? "first" : "automatic",
    startedAt: performed?.startedAt ?? at.startedAt,
    durationMs: performed?.durationMs ?? Date.now() - at.startedAt.getTime(),
    phases: performed?.phases ?? { total: 0 },
    outcome: result.ok ? "succeeded" : "failed",
    ...(result.ok ? {} : { class: result.failure.class, message: result.failure.message }),
    ...(performed?.request ? { request: performed.request } : {}),
    ...(performed?.response ? { response: performed.response } : {}),
    ...(nextAttemptAt ? { nextAttemptAt } : {}),
  };
  return {
    tenantId: input.tenantId,
    runId: input.runId,
    path: step.path,
    id: step.id,
    use: step.use,
    name: step.name,
    status: result.ok ? "succeeded" : nextAttemptAt ? "running" : "failed",
    input: rendered,
    ...(result.ok ? { output: result.output } : { error: result.failure }),
    attempt,
  };
}

/** What the step's templates and conditions can read. */
function scopeOf(input: PerformStepInput, event: Event): object {
  const { dataText, ...envelope } = event;
  return {
    ...input.scope,
    event: { ...envelope, data: readData(dataText) },
    flow: input.flow,
    run: { id: input.runId },
    tenant: { id: input.tenantId },
  };
}

/** `data` was checked when the event was accepted. */
function readData(text: string): Json {
  return JSON.parse(text) as Json;
}
