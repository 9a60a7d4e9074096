// Loaded into the workflows' isolate once, before the first run, and shared by all runs of a worker.

// The interpreter has no state of its own, so it need not be evaluated anew for each run.
import "../src/flow/interpret.ts";
import "./failure-converter.ts";

// The SDK notes a stack trace for every promise of a workflow, for its "call stack" query. That costs milliseconds a run
// and would name our own lines only: where a run stands is told by its steps, in the author's words. The isolate's
// built-ins are frozen afterwards.
Error.stackTraceLimit = 0;
