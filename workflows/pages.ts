// Page after page at the pace that was asked for: what the workflows of all long work do.
import { CancellationScope, isCancellation, setCurrentDetails, sleep, workflowInfo } from "@temporalio/workflow";

/** `made`: how many the page has asked for, which is what the pace is about. */
export type PageOutcome = { outcome: "open"; made: number } | { outcome: "ended" };

/**
 * Carries pages out until the work has ended, or until Temporal suggests a new history: how far the work is stands in its
 * document alone, so that nothing is lost with a history. A cancel ends the work first.
 */
export async function carryPages(work: {
  page(): Promise<PageOutcome>;
  stop(): Promise<void>;
  perSecond: number;
  /** What is made: "runs". */
  what: string;
}): Promise<"ended" | "new history"> {
  try {
    while (!workflowInfo().continueAsNewSuggested) {
      if ((await nextPage(work)) === "ended") return "ended";
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(work.stop);
    throw error;
  }
  return "new history";
}

/** A page of a second's worth, and then as long as these have to last. */
async function nextPage(work: Parameters<typeof carryPages>[0]): Promise<"open" | "ended"> {
  const { perSecond, what } = work;
  const beganAtMs = Date.now();
  const page = await work.page();
  if (page.outcome === "ended") return "ended";
  setCurrentDetails(`At most ${perSecond} ${what} a second; the last page made ${page.made}.`);
  const waitMs = Math.ceil((page.made / perSecond) * 1_000) - (Date.now() - beganAtMs);
  if (waitMs > 0) await sleep(waitMs);
  return "open";
}
