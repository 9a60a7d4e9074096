#!/usr/bin/env node
// The command `millrace`: reads the configuration, starts what the role asks for, and stops it in order.
import { join } from "node:path";
import { codecUrl } from "./api/codec.ts";
import { createApp, type App } from "./app.ts";
import { ConfigError, readConfig, type Config } from "./config.ts";
import { DataFolderInUseError } from "./embedded/lock.ts";
import { startEmbedded, type Embedded } from "./embedded/start.ts";
import { installRuntime } from "./engine/engine.ts";
import { firstApiKeyOf, keyringOf } from "./first-start.ts";
import { closePrototypes } from "./harden.ts";
import { createLog, type Log } from "./log.ts";
import { newApiKey } from "./model/api-key.ts";
import { packageRoot } from "./package-root.ts";
import { createStopSignals } from "./stop-signals.ts";
import { newKeyringEntry, parseKeyring, VaultError } from "./vault/keyring.ts";
import { welcome } from "./welcome.ts";

const usage = `Usage: millrace [--role all|api|worker] [--port NUMBER]
       millrace key        prints a new API key (for MILLRACE_BOOTSTRAP_KEY)
       millrace keyring    prints a new keyring entry (for MILLRACE_KEYS)
       millrace codec-url  prints the codec endpoint to set in Temporal's UI
`;

async function main(args: string[]): Promise<void> {
  const [command] = args;
  if (command === "key") return print(newApiKey());
  if (command === "keyring") return print(newKeyringEntry());
  if (command === "help" || command === "--help" || command === "-h") return print(usage);
  try {
    if (command === "codec-url") return print(await codecUrlToPrint(readConfig(undefined, args.slice(1))));
    await run(readConfig(undefined, args));
  } catch (error) {
    const isSentence =
      error instanceof ConfigError || error instanceof VaultError || error instanceof DataFolderInUseError;
    // A person's mistake needs a sentence, a fault of ours its place.
    process.stderr.write(`${isSentence ? error.message : describe(error)}\n`);
    // Native threads of a half-made start would keep the process alive.
    process.exit(isSentence ? 2 : 1);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EADDRINUSE")
    return `${error.message}. Choose another port with MILLRACE_PORT.`;
  return error.stack ?? error.message;
}

async function run(config: Readonly<Config>): Promise<void> {
  const log = createLog(config.logLevel);
  installRuntime(log);
  const keyring = await keyringOf(config, log);
  const servers = await startServers(config, keyring, log);
  try {
    await runOn(servers, config, keyring, log);
  } catch (error) {
    // A start that fails must not leave servers behind.
    await servers.stop();
    throw error;
  }
}

async function runOn(servers: Embedded, config: Readonly<Config>, keyring: string, log: Log): Promise<void> {
  const apiKey = await firstApiKeyOf(config);
  const app = await createApp({
    config,
    mongodbUri: config.mongodbUri ?? need(servers.mongodbUri),
    temporalAddress: config.temporal.address ?? need(servers.temporalAddress),
    temporalUiUrl: config.temporal.uiUrl ?? servers.temporalUiUrl,
    taskQueue: "millrace",
    workflowBundlePath: join(packageRoot, "dist", "workflow-bundle.js"),
    keyring,
    apiKey,
    log,
  });
  stopOnSignals(app, servers, log);
  if (app.url === undefined) return;
  log.info({ url: app.url, role: config.role }, "listening");
  if (!apiKey && !(await app.store.apiKeys.any())) {
    log.warn("there is no API key yet: make one with `millrace key` and start with MILLRACE_BOOTSTRAP_KEY");
  }
  // A newcomer's terminal gets a first flow and the words to try it; a configured installation gets its log lines only.
  if (servers.mongodbUri && apiKey)
    print(await welcome({ url: app.url, apiKey, temporalUiUrl: servers.temporalUiUrl }));
}

/** The address of the codec endpoint: a secret, and so on standard output only when somebody asks for it. */
async function codecUrlToPrint(config: Readonly<Config>): Promise<string> {
  if (!config.temporal.encrypts) {
    throw new ConfigError(["There is no codec endpoint: MILLRACE_TEMPORAL_ENCRYPTION is off."]);
  }
  const url = codecUrl(config, parseKeyring(await keyringOf(config, createLog(config.logLevel))));
  if (url !== undefined) return url;
  throw new ConfigError(["Set MILLRACE_PUBLIC_URL or MILLRACE_PORT: the address of this API is not known without."]);
}

async function startServers(config: Readonly<Config>, keyring: string, log: Log): Promise<Embedded> {
  const need = { mongodb: config.mongodbUri === undefined, temporal: config.temporal.address === undefined };
  // Nothing of ours runs in the data folder then, so any number of processes may start.
  if (!need.mongodb && !need.temporal) return { stop: async () => {} };
  const codecEndpoint = config.temporal.encrypts ? codecUrl(config, parseKeyring(keyring)) : undefined;
  return startEmbedded({
    dataDir: config.dataDir,
    cacheDir: config.cacheDir,
    download: config.download,
    ...(config.mongodBinary ? { mongod: config.mongodBinary } : {}),
    ...(config.temporalBinary ? { temporal: config.temporalBinary } : {}),
    need,
    ...(codecEndpoint === undefined ? {} : { codecEndpoint }),
    onProgress: ({ message }) => process.stderr.write(`${message}\n`),
    log,
  });
}

/** The first signal stops in order; one that comes later ends the process at once. */
function stopOnSignals(app: App, servers: Embedded, log: Log): void {
  const meaning = createStopSignals(() => performance.now());
  const stop = (signal: string) => {
    const meant = meaning();
    if (meant === "exit") process.exit(1);
    if (meant === "ignore") return;
    log.info({ signal }, "stopping");
    void app
      .close()
      .then(() => servers.stop())
      .then(
        () => process.exit(0),
        (err: unknown) => {
          log.error({ err }, "could not stop in order");
          process.exit(1);
        },
      );
  };
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGTERM", () => stop("SIGTERM"));
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("An embedded server that was asked for has no address.");
  return value;
}

function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

closePrototypes();
await main(process.argv.slice(2));
