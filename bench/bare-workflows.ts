// The least that Temporal can be asked for: one workflow, one activity.
import { proxyActivities } from "@temporalio/workflow";
import type { BareActivities } from "./bare-worker.ts";

const { post } = proxyActivities<BareActivities>({ startToCloseTimeout: "40s", retry: { maximumAttempts: 5 } });

export async function bare(input: { url: string; body: string }): Promise<number> {
  return post(input);
}
