// Bundles the workflows into the one file that Temporal's sandbox loads, so that a worker need not do it at its start.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

/**
 * Bundles `index`, `isolate` and `failure-converter` of a folder, and all that they import, into `target`.
 * Fails on imports that a workflow must not have.
 */
export async function bundleWorkflows(folder, extension, target) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(folder, `index${extension}`),
    preloadModules: [join(folder, `isolate${extension}`)],
    failureConverterPath: join(folder, `failure-converter${extension}`),
    logger: new DefaultLogger("WARN"),
  });
  await writeFile(target, code);
}
