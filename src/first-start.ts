// What a start without configuration makes up, for development only: a keyring, a first API key and the example flow.
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, type Config } from "./config.ts";
import type { Log } from "./log.ts";
import { newApiKey } from "./model/api-key.ts";
import { readPackageJson } from "./package-root.ts";
import { newKeyringEntry } from "./vault/keyring.ts";

/** The flow that a newcomer's first `curl` line meets: the gallery's "bad reviews". */
export const readFirstFlow = (): unknown => readPackageJson("templates/flows/bad-reviews.json");

/** The configured keyring, or one made and kept under the data folder. Throws ConfigError in production without one. */
export async function keyringOf(config: Config, log: Log): Promise<string> {
  if (config.keys) return config.keys;
  if (config.production) {
    throw new ConfigError(["MILLRACE_KEYS must be set in production: make an entry with `millrace keyring`."]);
  }
  const { text, made } = await readOrMake(join(config.dataDir, "keyring"), newKeyringEntry);
  if (made)
    log.warn(
      { file: join(config.dataDir, "keyring") },
      "a keyring was made for development: keep the file, secrets are sealed with it",
    );
  return text;
}

/** The configured bootstrap key, or with embedded servers one made and kept under the data folder. */
export async function firstApiKeyOf(config: Config): Promise<string | undefined> {
  if (config.bootstrapKey) return config.bootstrapKey;
  const embedded = config.mongodbUri === undefined;
  if (!embedded || config.production) return undefined;
  return (await readOrMake(join(config.dataDir, "first-api-key"), newApiKey)).text;
}

async function readOrMake(file: string, make: () => string): Promise<{ text: string; made: boolean }> {
  try {
    return { text: (await readFile(file, "utf8")).trim(), made: false };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const text = make();
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return { text, made: true };
}
