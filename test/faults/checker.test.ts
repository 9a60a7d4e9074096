// The checker is only worth what it finds: each way of breaking the promise is found by its name.
import { check, isKept, type RunSeen, type Verdict } from "./checker.ts";
import type { History, Outcome, Publication } from "./history.ts";

const published = (id: string, rest: Partial<Publication> & { answers?: [Outcome, string][] } = {}): Publication => ({
  id,
  wanted: rest.wanted ?? true,
  tries: (rest.answers ?? [["ok", "202"]]).map(([outcome, detail]) => ({ outcome, detail })),
  runs: rest.runs ?? new Set([`run_${id}`]),
});
const run = (event: string, rest: Partial<RunSeen> = {}): RunSeen => ({
  id: `run_${event}`,
  event,
  status: "succeeded",
  ...rest,
});
const arrived = (...ids: string[]) => new Map(ids.map((id) => [id, [`msg_${id}`]]));

test("a whole history with repetitions, refusals on the way and unwanted events is kept", () => {
  const history: History = [
    published("a", {
      answers: [
        ["failed", "ECONNREFUSED"],
        ["unknown", "503"],
        ["ok", "202"],
      ],
    }),
    published("b", { wanted: false, runs: new Set() }),
    published("c"),
  ];
  const received = new Map([
    ["a", ["msg_a", "msg_a"]],
    ["c", ["msg_c"]],
  ]);
  expect(isKept(check(history, received, [run("a"), run("c", { status: "failed" })]))).toBe(true);
});

const whole = { history: [published("a")], received: arrived("a"), runs: [run("a")] };
test.each<[string, Partial<{ history: History; received: Map<string, string[]>; runs: RunSeen[] }>, Partial<Verdict>]>([
  ["accepted and not received", { received: arrived() }, { lost: ["a"] }],
  ["received and never published", { received: arrived("a", "x") }, { foreign: ["x"] }],
  ["received although the filter said no", { history: [published("a", { wanted: false })] }, { foreign: ["a"] }],
  ["repeated under another webhook-id", { received: new Map([["a", ["m1", "m2"]]]) }, { unrecognisable: ["a"] }],
  ["two runs in the list", { runs: [run("a"), run("a", { id: "run_a2" })] }, { forked: ["a"] }],
  [
    "two runs in the answers",
    { history: [published("a", { runs: new Set(["run_a", "run_a2"]) })], runs: [run("a")] },
    { forked: ["a"], vanished: ["run_a2"] },
  ],
  ["a run that goes on for ever", { runs: [run("a", { status: "running" })] }, { unended: ["run_a"] }],
  ["a run that was never started", { runs: [run("a", { status: "pending" })] }, { unended: ["run_a"] }],
  ["a run that nobody can look at", { runs: [] }, { vanished: ["run_a"] }],
  ["never accepted", { history: [published("a", { answers: [["unknown", "503"]] })] }, { refused: ["a"] }],
  [
    "an answer that is no outage's",
    {
      history: [
        published("a", {
          answers: [
            ["unknown", "500"],
            ["ok", "202"],
          ],
        }),
      ],
    },
    { odd: ["a: 500"] },
  ],
])("%s is found, and nothing else is", (_, broken, found) => {
  const { history, received, runs } = { ...whole, ...broken };
  const verdict = check(history, received, runs);
  const notEmpty = Object.fromEntries(Object.entries(verdict).filter(([, list]) => list.length > 0));
  expect(notEmpty).toEqual(found);
});

test("an event that was received although nobody said so is neither lost nor foreign", () => {
  const history = [published("a", { answers: [["unknown", "UND_ERR_SOCKET"]], runs: new Set() })];
  expect(check(history, arrived("a"), [run("a")])).toMatchObject({ lost: [], foreign: [], refused: ["a"] });
});
