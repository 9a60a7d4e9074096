// The workflows that a worker hosts.
export { retryRuns } from "./retry-runs.ts";
export { runFlow } from "./run-flow.ts";
