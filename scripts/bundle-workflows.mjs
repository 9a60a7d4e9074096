// Bundles the workflows into the one file that Temporal's sandbox loads, so that a worker need not do it at its start.
import { writeFile } from "node:fs/promises";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

/** Bundles `entry` and all that it imports into `target`. Fails on imports that a workflow must not have. */
export async function bundleWorkflows(entry, target) {
  const { code } = await bundleWorkflowCode({ workflowsPath: entry, logger: new DefaultLogger("WARN") });
  await writeFile(target, code);
}
