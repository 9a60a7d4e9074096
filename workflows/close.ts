// How does a run's workflow close, so that Temporal's lists tell what the run's record tells?
import { ApplicationFailure, CancelledFailure } from "@temporalio/workflow";
import { ApplicationFailureCategory } from "@temporalio/common";
import type { Json } from "../src/model/json.ts";
import type { RunEnd } from "../src/model/run.ts";

/** Closes the workflow as the run ended. A failed run is an outcome of the flow, not a fault of the worker. */
export function closeAs(end: RunEnd): Json {
  if (end.status === "cancelled") throw new CancelledFailure("The run was cancelled.");
  if (end.status !== "failed") return { status: end.status };
  const error = end.error ?? { class: "internal", message: "The run failed." };
  throw ApplicationFailure.create({
    message: error.message,
    type: error.class,
    nonRetryable: true,
    details: [end],
    category: ApplicationFailureCategory.BENIGN,
  });
}
