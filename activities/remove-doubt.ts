// May an unsafe write be made? Not while an earlier one is in doubt: first it is looked for, or a person is asked.
import type { ActionFacts, PerformInput } from "../src/connector/executor.ts";
import type { Failure } from "../src/model/failure.ts";
import type { Doubt } from "../src/store/step-notes.ts";
import { decide, failed } from "./decide.ts";
import { decideDoubt } from "./doubt.ts";
import { recordEnd, recordFailure, recordOf, recordSuccess, showWaiting, type Tried } from "./record-attempt.ts";
import { own, ownAlone } from "./tries.ts";
import type { PerformStepOutput, Try } from "./try.ts";

/** For a look whether a write has happened; an attempt may follow it in the same try. */
const lookTimeoutMs = 5_000;

/** Ends the step when a write that was on its way has happened, or nobody can know; else it may be made. */
export async function removeDoubt(
  one: Try,
  request: PerformInput,
  action: ActionFacts,
): Promise<PerformStepOutput | undefined> {
  const { deps, input, attempt, carried } = one;
  const doubt = one.isRepeat ? await doubtOf(one) : undefined;
  // The earlier run whose key this one keeps may have made the write after all.
  const mayBeThere = input.keyRunId !== undefined && input.keyRunId !== input.runId && action.canReconcile;
  if (doubt === undefined && !mayBeThere) return undefined;
  const looked = await ownAlone(deps.executor.reconcile({ ...request, timeoutMs: lookTimeoutMs }));
  if ("waiting" in looked && looked.waiting.why === "connection") await showWaiting(one, looked);
  const { looks = 0, waits = 0 } = carried;
  const decision = decideDoubt(looked, doubt, { attempt, looks, waits, action });
  if (decision.next === "send") return undefined;
  if (decision.next === "succeeded") {
    // The number of an attempt that is recorded is taken.
    const number = doubt?.failure !== undefined && doubt.attempt === attempt ? attempt + 1 : attempt;
    const { output, attempt: performed } = decision.looked;
    const tried: Tried = { result: { ok: true, output }, ...(performed ? { performed } : {}) };
    const record = recordOf(input, tried, { number, startedAt: one.startedAt, trigger: "recovery" }, undefined);
    return recordSuccess(deps, input, output, record);
  }
  const { failure } = decision;
  const retry = decision.next === "failed" ? decide(one, { ok: false, failure }) : undefined;
  if (!retry?.retry) await recordLost(one, doubt, failure);
  throw failed(failure, retry);
}

/** The write of an earlier try whose outcome is not known. */
async function doubtOf({ deps, input, carried }: Try): Promise<Doubt | undefined> {
  const doubt = await own(deps.store.steps.doubt(input.tenantId, input.runId, input.step.path));
  // Its outcome was known: only its record failed, or the step waits for what refused it.
  const isKnown = doubt?.failure === undefined && doubt?.sentAt.getTime() === carried.known;
  return isKnown ? undefined : doubt;
}

/** The end of a step in doubt: an attempt that never told how it ended gets its record now. */
async function recordLost({ deps, input }: Try, doubt: Doubt | undefined, failure: Failure): Promise<void> {
  if (doubt === undefined || doubt.failure !== undefined) return recordEnd(deps, input, failure);
  const tried: Tried = { performed: { durationMs: 0 }, result: { ok: false, failure } };
  await recordFailure(
    deps,
    input,
    recordOf(input, tried, { number: doubt.attempt, startedAt: doubt.sentAt }, undefined),
  );
}
