// The promise under `kill -9`: the engine as a process, real servers, and a mutant to see that a broken promise is noticed.
import { ensureBuilt } from "./engine-process.ts";
import { mutantProfile, shortProfile } from "./profiles.ts";
import { isGood, textOf } from "./report.ts";
import { runTrial } from "./trial.ts";

jest.setTimeout(240_000);
beforeAll(ensureBuilt);

test("every 202 arrives, nothing else does, and every run ends, while engine, MongoDB and Temporal are killed", async () => {
  const report = await runTrial({ ...shortProfile, seed: seedOfToday() });
  // The report is what one needs to run the trial again: `npm run faults -- --seed N`.
  if (!isGood(report)) throw new Error(`The promise was not kept.\n${textOf(report)}`);
  expect(report.accepted).toBe(shortProfile.events);
  expect(report.received).toBe(shortProfile.events * 0.9);
  expect(report.kills.engine).toBeGreaterThanOrEqual(3);
});

test("an engine that starts and answers before it stores loses events, and the trial notices", async () => {
  for (const seed of [1, 2, 3]) {
    const report = await runTrial({ ...mutantProfile, seed, program: "mutant", quietMs: 15_000 });
    if (report.verdict.lost.length === 0) continue;
    expect(isGood(report)).toBe(false);
    return;
  }
  throw new Error("Three trials did not notice the mutant.");
});

/** Another one each day: over the weeks the tests see many, and on one day everybody sees the same. */
function seedOfToday(): number {
  return Math.floor(Date.now() / 86_400_000);
}
