// How is an attempt recorded, and the step's end with it?
import type { Performed, Waiting } from "../src/connector/executor.ts";
import type { Attempt } from "../src/model/attempt.ts";
import type { Failure } from "../src/model/failure.ts";
import type { Json } from "../src/model/json.ts";
import type { PlanAction } from "../src/model/plan.ts";
import type { NotedStep } from "../src/store/step-notes.ts";
import type { AttemptRecord } from "../src/store/steps.ts";
import type { ActivityDeps } from "./deps.ts";
import type { PerformStepInput, PerformStepOutput, Try } from "./try.ts";

export type Result = { ok: true; output: Json } | { ok: false; failure: Failure; retryAfterMs?: number };

/** What one attempt came to, before it is recorded. */
export type Tried = { performed?: Partial<Omit<Performed, "outcome">>; result: Result };

export type AttemptAt = { number: number; startedAt: Date; trigger?: Attempt["trigger"] };

/** An attempt as the store takes it. `nextAttemptAt`: the step goes on then. */
export function recordOf(
  input: PerformStepInput,
  { performed, result }: Tried,
  at: AttemptAt,
  nextAttemptAt: Date | undefined,
): AttemptRecord {
  const attempt: Attempt = {
    number: at.number,
    trigger: at.trigger ?? (at.number === 1 ? "first" : "automatic"),
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
    ...notedStep(input, performed?.input),
    status: result.ok ? "succeeded" : nextAttemptAt ? "running" : "failed",
    ...(result.ok ? { output: result.output } : { error: result.failure }),
    attempt,
  };
}

/** The step as rows and notes name it; `recorded` is its input without secrets. */
export function notedStep({ tenantId, runId, step }: PerformStepInput, recorded: Json | undefined): NotedStep {
  const { path, id, use, name } = step;
  return { tenantId, runId, path, id, use, name, input: recorded };
}

/** From here on the effect has happened: whatever fails now must not make Temporal repeat it. */
export async function recordSuccess(
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

/** A missing record of a failure costs a row in the log; missing its retry would cost the delivery. */
export async function recordFailure(deps: ActivityDeps, input: PerformStepInput, record: AttemptRecord): Promise<void> {
  await deps.store.steps.recordAttempt(record, input.settled).catch((err: unknown) => {
    deps.log.warn({ err, runId: input.runId, step: input.step.path }, "a failed attempt could not be recorded");
  });
}

/** Ends a step whose last attempt is recorded already, or was none: nobody else writes that it has failed. */
export async function recordEnd(deps: ActivityDeps, input: PerformStepInput, error: Failure): Promise<void> {
  const { path, id, use, name }: PlanAction = input.step;
  const end = {
    path,
    id,
    use,
    ...(name === undefined ? {} : { name }),
    status: "failed" as const,
    error,
    atMs: Date.now(),
  };
  await deps.store.steps.recordSettled(input.tenantId, input.runId, [...input.settled, end]).catch((err: unknown) => {
    deps.log.warn({ err, runId: input.runId, step: path }, "the end of a step could not be recorded");
  });
}

/** Shows what the step waits for; a step that is not shown waits all the same. */
export async function showWaiting({ deps, input }: Try, { waiting, input: recorded }: Waiting): Promise<void> {
  await deps.store.steps.noteWaiting(notedStep(input, recorded), waiting.failure).catch((err: unknown) => {
    deps.log.warn({ err, runId: input.runId, step: input.step.path }, "a step that waits could not be shown");
  });
}
