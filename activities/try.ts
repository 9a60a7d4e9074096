// What is an attempt of a step given, what does it answer, and what does one try know of those before it?
import type { ScopeSlice } from "../src/flow/scope.ts";
import type { RunId } from "../src/model/ids.ts";
import type { Json } from "../src/model/json.ts";
import type { Plan, PlanAction } from "../src/model/plan.ts";
import type { SettledStep } from "../src/model/step.ts";
import type { AttemptRecord } from "../src/store/steps.ts";
import type { ActivityDeps, RunContext } from "./deps.ts";
import type { Carried } from "./tries.ts";

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
  /** In a run that was asked for again: the run by whose id the effect's key is made. The run's own when absent. */
  keyRunId?: RunId;
  /** In a run that was asked for again: what the action is given in place of what its templates would render. */
  inputOverride?: Json;
};
export type PerformStepOutput = {
  output: Json;
  /** The success could not be recorded: the workflow carries the record until it can be. */
  unrecorded?: AttemptRecord;
  /** The run's end is recorded too. */
  ended?: true;
};

/** One try of the activity. */
export type Try = {
  deps: ActivityDeps;
  input: PerformStepInput;
  /** The policy's number of the attempt, from 1. */
  attempt: number;
  startedAt: Date;
  scheduledAtMs: number;
  /** A try or an execution of the workflow came before this one. */
  isRepeat: boolean;
  /** What the try before told. */
  carried: Carried;
  signal: AbortSignal;
  /** When an unsafe write of this try was noted as on its way, in milliseconds. */
  sentAtMs?: number;
  /** The same once that write has ended with a known outcome. */
  known?: number | undefined;
};
