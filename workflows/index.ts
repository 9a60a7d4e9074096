// The workflows that a worker hosts.
export { runFlow } from "./run-flow.ts";
