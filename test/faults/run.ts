// `npm run faults`: one trial from the command line. Ends with 0 when the promise was kept.
//   --seed NUMBER    the trial of this seed again (a new one is picked and printed otherwise)
//   --long           ten thousand events
//   --events NUMBER  so many events, with the long trial's faults in proportion
//   --mutant         an engine that answers before it stores, or with --card a flow that creates cases without a key: ends with
//                    0 when that was noticed
//   --card           the design card's flow: its systems fail, the engine is killed once a minute; 1,000 events unless given
//   --bulk           a thousand failed runs (--events) are retried at once while the engine is killed
//   --recoveries     three recoveries of 300 deliveries each (--events) at once while the engine is killed
//   --lanes          two processes at an ordered endpoint and at one with a rate, either of which is killed; 600 events
//   --keep           leaves the folder with the logs
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isMended, runBulkTrial, textOfBulk } from "./bulk-trial.ts";
import { isGood as isGoodCard, textOf as textOfCard } from "./card/report.ts";
import { longCard, mutantCard, runCardTrial } from "./card/trial.ts";
import { runLaneTrial, textOfLanes } from "./deliveries/lane-trial.ts";
import { isInOrder } from "./deliveries/lane-verdict.ts";
import { runRecoveryTrial, textOfRecoveries } from "./deliveries/recovery-trial.ts";
import { isRecovered } from "./deliveries/recovery-verdict.ts";
import { longProfile, longProfileOf, mutantProfile, shortProfile } from "./profiles.ts";
import { isGood, textOf } from "./report.ts";
import { startServers, type Servers } from "./servers.ts";
import { runTrial } from "./trial.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    events: { type: "string" },
    long: { type: "boolean", default: false },
    card: { type: "boolean", default: false },
    bulk: { type: "boolean", default: false },
    recoveries: { type: "boolean", default: false },
    lanes: { type: "boolean", default: false },
    mutant: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

const seed = numberOf("seed") ?? Math.floor(Math.random() * 1_000_000);
const events = numberOf("events");
process.stdout.write(`seed ${seed}\n`);
const keeping = values.keep ? { onKept: (folder: string) => process.stdout.write(`logs in ${folder}\n`) } : {};
process.exitCode = (await trial()()) ? 0 : 1;

function trial(): () => Promise<boolean> {
  if (values.bulk) return runBulk;
  if (values.recoveries) return () => onServers(runRecoveries);
  if (values.lanes) return () => onServers(runLanes);
  return values.card ? runCard : runUsual;
}

/** Servers of its own for a trial that leaves them alone. */
async function onServers(run: (servers: Servers) => Promise<boolean>): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-servers-"));
  const servers = await startServers(folder);
  try {
    return await run(servers);
  } finally {
    await servers.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runRecoveries(servers: Servers): Promise<boolean> {
  const report = await runRecoveryTrial({ servers, seed, events: events ?? 300, perSecond: 50, kills: 6, ...keeping });
  process.stdout.write(`${textOfRecoveries(report)}\n`);
  return isRecovered(report.verdict);
}

async function runLanes(servers: Servers): Promise<boolean> {
  const perKey = Math.ceil((events ?? 600) / 10);
  const report = await runLaneTrial({ servers, seed, keys: 10, perKey, perSecond: 2, kills: 8, ...keeping });
  process.stdout.write(`${textOfLanes(report)}\n`);
  return isInOrder(report.verdict);
}

async function runCard(): Promise<boolean> {
  const wanted = events === undefined ? {} : { events };
  const report = await runCardTrial({ ...(values.mutant ? mutantCard : longCard), ...wanted, seed, ...keeping });
  process.stdout.write(`${textOfCard(report)}\n`);
  return values.mutant ? tellOfMutant(report.verdict.twice.length > 0) : isGoodCard(report);
}

async function runBulk(): Promise<boolean> {
  const runs = events ?? 1_000;
  const report = await runBulkTrial({ runs, perSecond: 50, every: Math.ceil(runs / 5), ...keeping });
  process.stdout.write(`${textOfBulk(report)}\n`);
  return isMended(report);
}

async function runUsual(): Promise<boolean> {
  const mutant = values.mutant ? ({ program: "mutant", quietMs: 20_000 } as const) : {};
  const report = await runTrial({ ...profile(), seed, ...mutant, ...keeping });
  process.stdout.write(`${textOf(report)}\n`);
  return values.mutant ? tellOfMutant(report.verdict.lost.length > 0) : isGood(report);
}

function tellOfMutant(isNoticed: boolean): boolean {
  process.stdout.write(isNoticed ? "the mutant was noticed\n" : "the mutant was NOT noticed\n");
  return isNoticed;
}

function profile() {
  if (events !== undefined) return longProfileOf(events);
  if (values.mutant) return mutantProfile;
  return values.long ? longProfile : shortProfile;
}

function numberOf(name: "seed" | "events"): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new Error(`--${name} must be a whole number above zero.`);
  return Number(text);
}
