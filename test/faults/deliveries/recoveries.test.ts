// Recoveries of deliveries under `kill -9`: everything chosen has its turn, once but for what a kill cut off, and is counted once.
import { testServers } from "../../support/servers.ts";
import { ensureBuilt } from "../engine-process.ts";
import { runRecoveryTrial, textOfRecoveries } from "./recovery-trial.ts";
import { isRecovered } from "./recovery-verdict.ts";

jest.setTimeout(240_000);
beforeAll(ensureBuilt);

const shortProfile = { events: 100, perSecond: 40, kills: 3 };

test("a retry, a recovery and a replay of a hundred deliveries each make all of them again, counted once, across kills of the engine", async () => {
  const report = await runRecoveryTrial({ ...shortProfile, servers: testServers(), seed: seedOfToday() });
  // The report is what one needs to run the trial again: `npm run faults -- --recoveries --seed N`.
  if (!isRecovered(report.verdict)) throw new Error(`The promise was not kept.\n${textOfRecoveries(report)}`);
  expect(report.kills).toHaveLength(3);
  expect(report.requests).toBeGreaterThanOrEqual(297);
});

test("a page that is repeated and does not see what it has asked for makes deliveries again, and the trial notices", async () => {
  const unexplained: unknown[] = [];
  // A kill may come when nothing of its page was asked for yet: most of these trials see it.
  for (const seed of [1, 2, 3]) {
    const profile = { ...shortProfile, kills: 1, seed };
    const report = await runRecoveryTrial({ ...profile, servers: testServers(), mutant: "unmarked" });
    unexplained.push(...report.verdict.unexplained);
    if (unexplained.length > 0) break;
  }
  expect(unexplained).not.toEqual([]);
});

/** Another one each day: over the weeks the tests see many, and on one day everybody sees the same. */
function seedOfToday(): number {
  return Math.floor(Date.now() / 86_400_000);
}
