// What was published, and what the engine answered each time?

/** `ok`: 202. `failed`: surely not taken. `unknown`: it may have been taken, and only the sender's next try will tell. */
export type Outcome = "ok" | "failed" | "unknown";

/** One answer, or the want of one. `detail` is the status or the error's code. */
export type Try = { outcome: Outcome; detail: string };

export type Publication = {
  id: string;
  /** Whether the flow's filter lets the event through: it must arrive, or must not. */
  wanted: boolean;
  tries: Try[];
  /** Every run that any 202 named. */
  runs: Set<string>;
};

export type History = Publication[];

export function isAccepted(publication: Publication): boolean {
  return publication.tries.some((one) => one.outcome === "ok");
}
