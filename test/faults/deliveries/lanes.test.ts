// Two processes at one endpoint's lane under `kill -9` of either: order by key is kept, and nothing is lost, stuck or another's.
import { testServers } from "../../support/servers.ts";
import { ensureBuilt } from "../engine-process.ts";
import { runLaneTrial, textOfLanes } from "./lane-trial.ts";
import { isInOrder } from "./lane-verdict.ts";

jest.setTimeout(240_000);
beforeAll(ensureBuilt);

const shortProfile = { keys: 6, perKey: 25, perSecond: 2, kills: 3 };

test("what waits for order and for a rate arrives, in order by key and under one id, while either of two processes is killed", async () => {
  const report = await runLaneTrial({ ...shortProfile, servers: testServers(), seed: seedOfToday() });
  // The report is what one needs to run the trial again: `npm run faults -- --lanes --seed N`.
  if (!isInOrder(report.verdict)) throw new Error(`The promise was not kept.\n${textOfLanes(report)}`);
  expect(report.accepted).toBe(150);
  expect(report.kills).toHaveLength(3);
});

test("a lane that does not wait for older events on their way into it breaks the order, and the trial notices", async () => {
  // The first kill is of the process that makes no attempts: the other one goes on with the lane.
  const profile = { ...shortProfile, perKey: 10, kills: 1, roles: ["all", "api"] as const };
  const disordered: unknown[] = [];
  // Whether a later event comes in time to pass the older one is a matter of moments: most of these trials see it.
  for (const seed of [1, 2, 3, 4]) {
    const report = await runLaneTrial({ ...profile, seed, servers: testServers(), mutant: "hasty" });
    disordered.push(...report.verdict.disordered);
    if (disordered.length > 0) break;
  }
  expect(disordered).not.toEqual([]);
});

/** Another one each day: over the weeks the tests see many, and on one day everybody sees the same. */
function seedOfToday(): number {
  return Math.floor(Date.now() / 86_400_000);
}
