// The engine's processes of one trial, each with a plan of where it ends itself.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uniqueName } from "../../support/servers.ts";
import { until } from "../../support/wait.ts";
import { newInstallation, startEngine, type EngineProcess } from "../engine-process.ts";
import { readPlan, writePlan } from "../fan-out/plan.ts";
import type { Servers } from "../servers.ts";
import type { Mutant } from "./mutants.ts";
import type { Point } from "./points.ts";

/** Where a trial takes place. */
export type Place = {
  servers: Pick<Servers, "mongodbUri" | "temporalAddress">;
  /** Leaves the folder with the logs and says where it is. */
  onKept?: (folder: string) => void;
};

/** `atMs`: when it was noticed. */
export type Killed = { engine: number; point: Point; after: number; atMs: number };

export type Processes = {
  mongodbUri: string;
  engines: EngineProcess[];
  /** Has a process end itself, and waits until it is back. Undefined when `isOver` comes first. */
  kill(fault: Strike, isOver: () => Promise<boolean>): Promise<Killed | undefined>;
};

/** The first of these processes that comes to the point for the `after`th time and once more ends itself there. */
export type Strike = { engines: readonly number[]; point: Point; after: number };

export type Stops = (() => Promise<void>)[];

const killLimitMs = 90_000;
const program = join("test", "faults", "deliveries", "engine-main.ts");

/** Carries a trial out in a folder of its own, and stops what it has started, the last first. */
export async function inFolder<T>(
  { onKept }: Pick<Place, "onKept">,
  trial: (folder: string, stops: Stops) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-deliveries-"));
  const stops: Stops = [];
  try {
    return await trial(folder, stops);
  } finally {
    for (const stop of stops.toReversed()) await stop();
    if (onKept) onKept(folder);
    else await rm(folder, { recursive: true, force: true });
  }
}

/** `api`: it accepts events, and leaves attempts to others. */
export type Role = "all" | "api";

/** Starts a process for each role, on a database and a task queue of their own. */
export async function startProcesses(
  options: Pick<Place, "servers"> & { folder: string; roles: readonly Role[]; mutant?: Mutant | undefined },
  stops: Stops,
): Promise<Processes> {
  const { servers, folder, roles, mutant } = options;
  const uri = new URL(servers.mongodbUri);
  uri.pathname = `/${uniqueName("deliveries")}`;
  const mongodbUri = uri.toString();
  const taskQueue = uniqueName("deliveries");
  const installation = newInstallation();
  const planOf = (engine: number) => join(folder, `plan-${engine}.json`);
  const whole = mutant === undefined ? {} : { mutant };
  const engines: EngineProcess[] = [];
  for (const [n, role] of roles.entries()) {
    writePlan(planOf(n), whole);
    const engine = await startEngine({
      servers: { ...servers, mongodbUri },
      logFile: join(folder, `engine-${n}.log`),
      installation,
      program: [program, planOf(n), taskQueue, role],
    });
    stops.push(engine.stop);
    engines.push(engine);
  }
  return {
    mongodbUri,
    engines,
    async kill({ engines: which, point, after }, isOver) {
      for (const engine of which) writePlan(planOf(engine), { ...whole, point, after });
      const struck = () => which.filter((engine) => readPlan(planOf(engine)).point === undefined);
      await until(async () => struck().length > 0 || (await isOver()), killLimitMs);
      const atMs = Date.now();
      const [engine] = struck();
      for (const one of which) writePlan(planOf(one), whole);
      if (engine === undefined) return undefined;
      await Promise.all(engines.map((one) => one.ready()));
      return { engine, point, after, atMs };
    },
  };
}
