// Which servers do the tests of this Jest run share? One pair a run; one database and one task queue a test file.
import { randomUUID } from "node:crypto";

export type TestServers = {
  /** Give a database name beside it (`dbName`): each test file has its own. */
  mongodbUri: string;
  temporalAddress: string;
  temporalNamespace: string;
};

/** The servers that the global set-up started, or that the environment names. */
export function testServers(): TestServers {
  return {
    mongodbUri: setting("MONGODB_URI"),
    temporalAddress: setting("TEMPORAL_ADDRESS"),
    temporalNamespace: setting("TEMPORAL_NAMESPACE"),
  };
}

/** A name that nobody else has, for a database (at most 63 bytes with a short prefix), a task queue or a folder. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 13)}`;
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the tests' global set-up did not run`);
  return value;
}
