// Was the card's promise kept? What was published, what Salesforce and Slack have, and what the API says of the runs.

export type Seen = {
  /** Ids of the events that were accepted. */
  accepted: string[];
  cases: { id: string; eventId: string }[];
  /** Texts of the messages, oldest first. */
  messages: string[];
  runs: { id: string; event: string; status: string }[];
  /** What the engine's log holds of secrets: never the secret itself. */
  leaks: string[];
};

/** Each list is empty when the promise was kept. Ids of events, or of runs where it says so. */
export type CardVerdict = {
  /** Accepted, and Salesforce has no case of it. */
  withoutCase: string[];
  /** With more than one case. */
  twice: string[];
  /** Ids of cases of events that nobody published. */
  foreign: string[];
  /** With a case that no message names. */
  untold: string[];
  /** Texts of messages that name no case that there is. */
  baseless: string[];
  /** Without a run, or with several. */
  notOneRun: string[];
  /** Runs that have not succeeded. */
  notSucceeded: string[];
  leaks: string[];
};

export function checkCard({ accepted, cases, messages, runs, leaks }: Seen): CardVerdict {
  const known = new Set(accepted);
  const casesOf = countBy(cases.map((one) => one.eventId));
  const runsOf = countBy(runs.map((one) => one.event));
  const caseIds = new Set(cases.map((one) => one.id));
  const told = new Set(messages.map(caseNamedBy));
  return {
    withoutCase: accepted.filter((id) => !casesOf.has(id)),
    twice: [...casesOf].filter(([, count]) => count > 1).map(([id]) => id),
    foreign: cases.filter((one) => !known.has(one.eventId)).map((one) => one.id),
    untold: cases.filter((one) => !told.has(one.id)).map((one) => one.eventId),
    baseless: messages.filter((text) => !caseIds.has(caseNamedBy(text))),
    notOneRun: accepted.filter((id) => runsOf.get(id) !== 1),
    notSucceeded: runs.filter((run) => run.status !== "succeeded").map((run) => run.id),
    leaks,
  };
}

export function isKept(verdict: CardVerdict): boolean {
  return Object.values(verdict).every((list) => list.length === 0);
}

/** How many messages were posted again. */
export function repeatedMessages(messages: string[]): number {
  return messages.length - new Set(messages.map(caseNamedBy)).size;
}

/** The gallery's flow begins its message with "Case <id>:". */
function caseNamedBy(text: string): string {
  return /^Case (\w+):/.exec(text)?.[1] ?? "";
}

function countBy(values: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
