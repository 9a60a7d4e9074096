// `npm run faults`: one trial from the command line. Ends with 0 when the promise was kept.
//   --seed NUMBER    the trial of this seed again (a new one is picked and printed otherwise)
//   --long           ten thousand events
//   --events NUMBER  so many events, with the long trial's faults in proportion
//   --mutant         an engine that answers before it stores, or with --card a flow that creates cases without a key: ends with
//                    0 when that was noticed
//   --card           the design card's flow: its systems fail, the engine is killed once a minute; 1,000 events unless given
//   --bulk           a thousand failed runs (--events) are retried at once while the engine is killed
//   --keep           leaves the folder with the logs
import { parseArgs } from "node:util";
import { isMended, runBulkTrial, textOfBulk } from "./bulk-trial.ts";
import { isGood as isGoodCard, textOf as textOfCard } from "./card/report.ts";
import { longCard, mutantCard, runCardTrial } from "./card/trial.ts";
import { longProfile, longProfileOf, mutantProfile, shortProfile } from "./profiles.ts";
import { isGood, textOf } from "./report.ts";
import { runTrial } from "./trial.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    events: { type: "string" },
    long: { type: "boolean", default: false },
    card: { type: "boolean", default: false },
    bulk: { type: "boolean", default: false },
    mutant: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

const seed = numberOf("seed") ?? Math.floor(Math.random() * 1_000_000);
const events = numberOf("events");
process.stdout.write(`seed ${seed}\n`);
const keeping = values.keep ? { onKept: (folder: string) => process.stdout.write(`logs in ${folder}\n`) } : {};
process.exitCode = (await (values.bulk ? runBulk() : values.card ? runCard() : runUsual())) ? 0 : 1;

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
