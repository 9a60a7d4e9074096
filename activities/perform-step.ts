// One attempt of one action step: render, send, judge, record. Temporal calls it again as the step's policy declares.
import { ApplicationFailure, Context } from "@temporalio/activity";
import { ApplicationFailureCategory } from "@temporalio/common";
import { deliveryIdOf } from "../src/connector/delivery-id.ts";
import type { ActionFacts, PerformInput, Waiting } from "../src/connector/executor.ts";
import { evaluateLogic, truthy } from "../src/flow/logic/evaluate.ts";
import { matchesRegex } from "../src/flow/regex.ts";
import { renderValues } from "../src/flow/values.ts";
import type { Event } from "../src/model/event.ts";
import type { Failure } from "../src/model/failure.ts";
import type { Json } from "../src/model/json.ts";
import type { PlanAction } from "../src/model/plan.ts";
import type { AttemptRecord } from "../src/store/steps.ts";
import { decide, failed } from "./decide.ts";
import { wholeEvent, type ActivityDeps } from "./deps.ts";
import { lookDelayMs, question, repeatsAmbiguous } from "./doubt.ts";
import {
  notedStep,
  recordEnd,
  recordFailure,
  recordOf,
  recordSuccess,
  showWaiting,
  type Result,
  type Tried,
} from "./record-attempt.ts";
import { removeDoubt } from "./remove-doubt.ts";
import { attemptLost, carriedOf, connectionDelayMs, isShutdown, own, ownAlone, PutOff, type Carried } from "./tries.ts";
import type { PerformStepInput, PerformStepOutput, Try } from "./try.ts";

export type { PerformStepInput, PerformStepOutput } from "./try.ts";

/** How often a long attempt tells Temporal that it lives, in milliseconds; a third of the heartbeat timeout. */
const heartbeatMs = 5_000;

/**
 * The activity `performStep`. Rejects with an ApplicationFailure whose first detail is the Failure. The policy's attempts
 * are counted here, not by Temporal: a try that could not begin, that waits, or that our own shutdown cut off, is none.
 */
export function createPerformStep(deps: ActivityDeps) {
  return async function performStep(input: PerformStepInput): Promise<PerformStepOutput> {
    const context = Context.current();
    const { info, cancellationSignal: signal } = context;
    const carried = carriedOf(info.heartbeatDetails);
    const attempt = info.attempt - carried.uncounted;
    // For people who look into Temporal: which step and which of its attempts this is.
    const tell = (details: Carried): void => context.heartbeat({ ...details, step: input.step.path, attempt });
    const beat = setInterval(() => tell(carried), heartbeatMs);
    const isRepeat = info.attempt > 1 || input.again;
    const at = { attempt, startedAt: new Date(), scheduledAtMs: info.scheduledTimestampMs, isRepeat, carried, signal };
    const one: Try = { deps, input, ...at };
    try {
      return await attemptStep(one);
    } catch (error) {
      // Temporal hands the details of the last heartbeat to the next try.
      if (error instanceof PutOff && error.isRefused) one.known = one.sentAtMs;
      const last = one.known ?? carried.known;
      const known = last === undefined ? {} : { known: last };
      if (!(error instanceof PutOff)) {
        // What was carried for this attempt only is over; most attempts have nothing to tell.
        if (last !== undefined || Object.keys(carried).length > 1) tell({ ...known, uncounted: carried.uncounted });
        throw error;
      }
      tell({ ...known, ...error.carry, uncounted: carried.uncounted + 1 });
      const { message, delayMs } = error;
      const category = ApplicationFailureCategory.BENIGN;
      throw ApplicationFailure.create({ message, type: "put_off", nextRetryDelay: delayMs, category });
    } finally {
      clearInterval(beat);
    }
  };
}

async function attemptStep(one: Try): Promise<PerformStepOutput> {
  const { deps, input, attempt, signal } = one;
  const recorded = one.isRepeat ? await recordedSuccess(deps, input) : undefined;
  if (recorded) return recorded;
  const facts = deps.executor.factsOf(input.step.use);
  const isLost = attempt > input.step.retry.delaysMs.length + 1;
  const needsCare = facts?.effect === "unsafe-write" && !repeatsAmbiguous(input.step);
  if (isLost && !needsCare) throw await endAsLost(one);
  const event = await own(wholeEvent(deps.store, input));
  const scope = scopeOf(input, event);
  const rendered = render(input, scope);
  if (!rendered.ok) return conclude(one, { result: { ok: false, failure: rendered.failure } });
  const request = await requestOf(one, rendered.value, event);
  if (facts !== undefined && needsCare) {
    const done = await removeDoubt(one, request, facts);
    if (done) return done;
    if (isLost) throw await endAsLost(one);
  }
  const performed = await ownAlone(deps.executor.perform(request));
  if ("waiting" in performed) throw await putOffWaiting(one, performed);
  const tried: Tried = { performed, result: judge(input.step, scope, performed.outcome) };
  // A success stands, whatever else happens to this worker; only what the stop cut off is made again.
  if (!tried.result.ok && isShutdown(signal)) throw new PutOff("The worker was stopped.", 1);
  return conclude(one, tried, facts);
}

/** The policy is used up by an attempt that never told how it ended: nobody else writes that the step has failed. */
async function endAsLost({ deps, input }: Try): Promise<ApplicationFailure> {
  await recordEnd(deps, input, attemptLost);
  return failed(attemptLost, undefined);
}

/** Look before repeating: the answer may have been lost after the effect was recorded. */
async function recordedSuccess(deps: ActivityDeps, input: PerformStepInput): Promise<PerformStepOutput | undefined> {
  const recorded = await own(deps.store.steps.find(input.tenantId, input.runId, input.step.path));
  return recorded?.status === "succeeded" ? { output: recorded.output ?? null } : undefined;
}

type Rendered = { ok: true; value: Json } | { ok: false; failure: Failure };

function render({ step, inputOverride }: PerformStepInput, scope: object): Rendered {
  if (inputOverride !== undefined) return { ok: true, value: inputOverride };
  const rendered = renderValues(step.with, scope, { nowMs: Date.now() });
  if (rendered.ok) return rendered;
  const failureClass = rendered.code === "budget" ? "limit" : "template";
  const message = `with${rendered.pointer}: ${rendered.message}`;
  return { ok: false, failure: { class: failureClass, code: rendered.code, message } };
}

async function requestOf(one: Try, rendered: Json, event: Event): Promise<PerformInput> {
  const { deps, input, attempt, carried } = one;
  const { step, tenantId, runId } = input;
  return {
    use: step.use,
    input: rendered,
    tenantId,
    ...(step.connection === undefined ? {} : { connection: step.connection }),
    call: {
      deliveryId: deliveryIdOf(tenantId, input.keyRunId ?? runId, step.path),
      attempt,
      willRetry: attempt <= step.retry.delaysMs.length,
      nowMs: Date.now(),
      configurationId: `${input.flow.id}.${step.path}`,
      event,
    },
    tenantSecrets: await own(deps.signingSecrets.current(tenantId)),
    timeoutMs: step.timeoutMs,
    signal: one.signal,
    ...(carried.slotAtMs === undefined ? {} : { slotAtMs: carried.slotAtMs }),
    // Noted first: a crash between here and the record leaves a write behind that the next try must not repeat blindly.
    async beforeSending(recorded) {
      const sentAt = new Date();
      await deps.store.steps.noteSending(notedStep(input, recorded), { attempt, since: one.startedAt, at: sentAt });
      one.sentAtMs = sentAt.getTime();
    },
  };
}

/** The step goes back to sleep until its turn, or until its connection may be usable again. */
async function putOffWaiting(one: Try, waiting: Waiting): Promise<PutOff> {
  const { why, failure, delayMs, slotAtMs } = waiting.waiting;
  if (why === "throttled") return new PutOff(failure.message, delayMs, slotAtMs === undefined ? {} : { slotAtMs });
  await showWaiting(one, waiting);
  const { waits = 0 } = one.carried;
  return new PutOff(failure.message, connectionDelayMs(waits), { waits: waits + 1 }, true);
}

/** The step's `expect` has the last word on an answer that was good otherwise. */
function judge(step: PlanAction, scope: object, outcome: Result): Result {
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
async function conclude(one: Try, tried: Tried, facts?: ActionFacts): Promise<PerformStepOutput> {
  const { deps, input, attempt: number, startedAt } = one;
  const { result } = tried;
  const record = (as: Result, next?: number): AttemptRecord =>
    recordOf(
      input,
      { ...tried, result: as },
      { number, startedAt },
      next === undefined ? undefined : new Date(Date.now() + next),
    );
  if (result.ok) return recordSuccess(deps, input, result.output, record(result));
  if (result.failure.class === "ambiguous" && facts !== undefined && !repeatsAmbiguous(input.step)) {
    if (facts.canReconcile) {
      await recordFailure(deps, input, record(result, lookDelayMs));
      throw new PutOff(result.failure.message, lookDelayMs);
    }
    const failure = question(result.failure, facts);
    await recordFailure(deps, input, record({ ok: false, failure }));
    throw failed(failure, undefined);
  }
  const decision = decide(one, result, facts);
  await recordFailure(deps, input, record(result, decision.retry ? decision.delayMs : undefined));
  one.known = one.sentAtMs;
  throw failed(result.failure, decision);
}

/** What the step's templates and conditions can read. */
function scopeOf(input: PerformStepInput, event: Event): object {
  const { dataText, ...envelope } = event;
  return {
    ...input.scope,
    event: { ...envelope, data: JSON.parse(dataText) as Json }, // Checked when the event was accepted.
    flow: input.flow,
    run: { id: input.runId },
    tenant: { id: input.tenantId },
  };
}
