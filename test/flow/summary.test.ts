// The lines of Temporal's UI: the author's words, whatever they are, in the room that Temporal gives.
import fc from "fast-check";
import {
  endSummary,
  runDetails,
  runSummary,
  stepDetails,
  stepSummary,
  summaries,
  summaryBytesMax,
} from "../../src/flow/summary.ts";
import { anAction } from "../support/plans.ts";

const retry = (retries: number) => ({ delaysMs: Array<number>(retries).fill(1_000), jitter: "none" as const });
const flow = { id: "flow_1", slug: "bad-reviews", name: "Escalate bad reviews", version: 3 } as const;
const jsonBytes = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;

test("a step is told by its name, its action and how often it is tried", () => {
  const step = anAction("case", { name: "Open a case", use: "salesforce.createRecord", retry: retry(4) });
  expect(stepSummary(step)).toBe("Open a case · salesforce.createRecord · up to 5 attempts");
  expect(stepSummary(anAction("case", { retry: retry(0) }))).toBe("case · webhook.post · 1 attempt");
  expect(stepDetails({ ...step, path: "route.crm.case" })).toBe(
    "**At the step** `route.crm.case`: Open a case · salesforce.createRecord · up to 5 attempts",
  );
});

test("a run is told by its flow, its version and its event", () => {
  expect(runSummary(flow)).toBe("Escalate bad reviews · version 3");
  expect(runDetails(flow, { id: "evt_1", type: "review.created" }, "run_1")).toBe(
    "Run `run_1` of `bad-reviews`, for the event `evt_1` of type `review.created`.",
  );
});

test("an end is told by its place and class, without the failure's message", () => {
  expect(endSummary({ status: "succeeded" })).toBe("End of the run: succeeded");
  const error = { class: "timeout", code: "timeout", message: "Dear Ann Example" } as const;
  expect(endSummary({ status: "failed", failedStep: "route.send", error })).toBe(
    "End of the run: failed at route.send (timeout)",
  );
});

test("every summary is one line that fits, and its end survives", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: fc.constantFrom('"', "\\", "\n", "é", "語", "🙂", "\ud800", "[", "`"), maxLength: 300 }),
  );
  fc.assert(
    fc.property(text, fc.nat(49), (name, retries) => {
      const summary = stepSummary(
        anAction("a", { name, use: `${"c".repeat(40)}.${"a".repeat(40)}`, retry: retry(retries) }),
      );
      expect(jsonBytes(summary)).toBeLessThanOrEqual(summaryBytesMax);
      expect(summary).toMatch(/ · c+\.a+ · (1 attempt|up to \d+ attempts)$/);
      expect(summary).not.toMatch(/[\n\r[\]<>`]/);
      expect(summary).not.toMatch(/\p{Cs}/u);
      expect(jsonBytes(runSummary({ ...flow, name }))).toBeLessThanOrEqual(summaryBytesMax);
      expect(jsonBytes(endSummary({ status: "failed", failedStep: name }))).toBeLessThanOrEqual(summaryBytesMax);
    }),
  );
  for (const summary of Object.values(summaries)) expect(jsonBytes(summary)).toBeLessThanOrEqual(summaryBytesMax);
});

test("a name that fits is not cut, and one that is too long ends in an ellipsis", () => {
  expect(stepSummary(anAction("a", { name: "x".repeat(150) }))).toContain(`${"x".repeat(150)} ·`);
  expect(stepSummary(anAction("a", { name: "語".repeat(200) }))).toMatch(/^語+… · webhook\.post · 1 attempt$/u);
});

test("an id or a name that is Markdown is shown, and neither loads a picture nor links anywhere", () => {
  const id = "`![x](https://evil.example/x.png)<img>`";
  expect(runDetails(flow, { id, type: "review.created" }, "run_1")).toBe(
    "Run `run_1` of `bad-reviews`, for the event `'!(x)(https://evil.example/x.png)‹img›'` of type `review.created`.",
  );
  expect(runSummary({ ...flow, name: "[a](https://evil.example)" })).toBe("(a)(https://evil.example) · version 3");
});
