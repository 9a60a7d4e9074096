// Was the promise kept? What the engine answered, what the sink received and what the API says of the runs, held together.
import { isAccepted, type History } from "./history.ts";

export type RunSeen = { id: string; event: string; status: string };

/** Each list is empty when the promise was kept. Ids of events, or of runs where it says so. */
export type Verdict = {
  /** Accepted and never received. */
  lost: string[];
  /** Received and never published, or published and held back by the flow's filter. */
  foreign: string[];
  /** Received more than once under different `webhook-id`s: the receiver could not tell the repetition. */
  unrecognisable: string[];
  /** With more than one run, in the answers or in the list of runs. */
  forked: string[];
  /** Runs that have not ended. */
  unended: string[];
  /** Runs that a 202 named and that the API does not know. */
  vanished: string[];
  /** Never accepted, although everything came back. */
  refused: string[];
  /** Answers that no outage explains: anything but 202, 429 and 503. */
  odd: string[];
};

const ended = new Set(["succeeded", "failed", "filtered", "cancelled"]);
const explained = new Set(["202", "429", "503"]);

/** Compares the three views. `received` has the `webhook-id`s of each event that arrived. */
export function check(history: History, received: ReadonlyMap<string, string[]>, runs: RunSeen[]): Verdict {
  const wanted = new Set(history.filter((one) => one.wanted).map((one) => one.id));
  const listed = new Set(runs.map((run) => run.id));
  return {
    lost: history.filter((one) => one.wanted && isAccepted(one) && !received.has(one.id)).map((one) => one.id),
    foreign: [...received.keys()].filter((id) => !wanted.has(id)),
    unrecognisable: [...received].filter(([, webhookIds]) => new Set(webhookIds).size > 1).map(([id]) => id),
    forked: forkedOf(history, runs),
    unended: runs.filter((run) => !ended.has(run.status)).map((run) => run.id),
    vanished: history.flatMap((one) => [...one.runs]).filter((id) => !listed.has(id)),
    refused: history.filter((one) => !isAccepted(one)).map((one) => one.id),
    odd: history.flatMap((one) =>
      one.tries
        .filter(({ detail }) => /^\d+$/.test(detail) && !explained.has(detail))
        .map(({ detail }) => `${one.id}: ${detail}`),
    ),
  };
}

/** Whether every list is empty. */
export function isKept(verdict: Verdict): boolean {
  return Object.values(verdict).every((list) => list.length === 0);
}

function forkedOf(history: History, runs: RunSeen[]): string[] {
  const runsByEvent = new Map(history.map((one) => [one.id, new Set(one.runs)]));
  for (const run of runs) runsByEvent.set(run.event, (runsByEvent.get(run.event) ?? new Set()).add(run.id));
  return [...runsByEvent].filter(([, ids]) => ids.size > 1).map(([event]) => event);
}
