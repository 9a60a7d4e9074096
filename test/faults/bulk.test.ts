// A bulk retry under `kill -9`: the engine as a process that is killed while runs have their turn, and MongoDB halted.
import { isMended, runBulkTrial, textOfBulk } from "./bulk-trial.ts";
import { ensureBuilt } from "./engine-process.ts";

jest.setTimeout(240_000);
beforeAll(ensureBuilt);

test("of 120 failed runs all but three are mended, each by one run, and three errors say why, across a kill -9 and a halt of MongoDB", async () => {
  const report = await runBulkTrial({ runs: 120, perSecond: 20, every: 40 });
  if (!isMended(report)) throw new Error(`The promise was not kept.\n${textOfBulk(report)}`);
  expect(report.bulk).toMatchObject({ retried: 118, refused: 2, outcomes: { succeeded: 117, failed: 1, open: 0 } });
  expect(report.kills).toBeGreaterThanOrEqual(1);
});
