// The design card's promise under faults and `kill -9`, and whether the trial's verdict finds what it is there to find.
import { isGood, textOf } from "./card/report.ts";
import { mutantCard, runCardTrial, shortCard } from "./card/trial.ts";
import { checkCard, isKept, repeatedMessages, type CardVerdict, type Seen } from "./card/verdict.ts";
import { ensureBuilt } from "./engine-process.ts";

const whole: Seen = {
  accepted: ["a", "b"],
  cases: [
    { id: "500A", eventId: "a" },
    { id: "500B", eventId: "b" },
  ],
  messages: ["Case 500A: two stars", "Case 500B: one star", "Case 500B: one star"],
  runs: [
    { id: "run_a", event: "a", status: "succeeded" },
    { id: "run_b", event: "b", status: "succeeded" },
  ],
  leaks: [],
};

test("each case once and each message at least once is the promise kept", () => {
  expect(isKept(checkCard(whole))).toBe(true);
  expect(repeatedMessages(whole.messages)).toBe(1);
});

test.each<[string, Partial<Seen>, Partial<CardVerdict>]>([
  [
    "a case that is missing",
    { cases: whole.cases.slice(0, 1) },
    { withoutCase: ["b"], baseless: ["Case 500B: one star", "Case 500B: one star"] },
  ],
  [
    "a case that is there twice",
    { cases: [...whole.cases, { id: "500C", eventId: "b" }] },
    { twice: ["b"], untold: ["b"] },
  ],
  ["a case of nobody's event", { accepted: ["a"], runs: whole.runs.slice(0, 1) }, { foreign: ["500B"] }],
  ["a case that nobody was told of", { messages: whole.messages.slice(0, 1) }, { untold: ["b"] }],
  [
    "a message about no case",
    { messages: [...whole.messages, "Case 500Z: no star"] },
    { baseless: ["Case 500Z: no star"] },
  ],
  [
    "an event with two runs",
    { runs: [...whole.runs, { id: "run_c", event: "b", status: "succeeded" }] },
    { notOneRun: ["b"] },
  ],
  [
    "a run that failed",
    { runs: whole.runs.map((run) => ({ ...run, status: run.event === "b" ? "failed" : run.status })) },
    { notSucceeded: ["run_b"] },
  ],
  ["a secret in the log", { leaks: ["secret 1"] }, { leaks: ["secret 1"] }],
])("%s is found, and nothing else is", (_, broken, found) => {
  const verdict = checkCard({ ...whole, ...broken });
  expect(Object.fromEntries(Object.entries(verdict).filter(([, list]) => list.length > 0))).toEqual(found);
});

beforeAll(ensureBuilt, 240_000);

test("sixty reviews make sixty cases and tell Slack of each, with every fault at one request in ten and a kill -9", async () => {
  const report = await runCardTrial({ ...shortCard, seed: seedOfToday() });
  // The report is what one needs to run the trial again: `npm run faults -- --card --events 60 --seed N`.
  if (!isGood(report)) throw new Error(`The promise was not kept.\n${textOf(report)}`);
  expect([report.cases, report.kills]).toEqual([shortCard.events, 1]);
  const struck = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  expect(struck).toBeGreaterThan(shortCard.events);
}, 240_000);

test("mutant: a flow that creates its cases without a key makes some of them twice, and the trial notices", async () => {
  const report = await runCardTrial({ ...mutantCard, seed: 1 });
  expect(report.verdict.twice.length).toBeGreaterThan(0);
  expect(isGood(report)).toBe(false);
}, 240_000);

/** Another one each day: over the weeks the tests see many, and on one day everybody sees the same. */
function seedOfToday(): number {
  return Math.floor(Date.now() / 86_400_000);
}
