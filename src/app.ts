// The house put together: every part over its dependencies, started for a role and closed in order.
import { createActivities } from "../activities/index.ts";
import { connectors } from "../connectors/index.ts";
import { ensureBootstrapKey } from "./api/auth.ts";
import { startServer, createApi, type ApiServer } from "./api/server.ts";
import type { Config } from "./config.ts";
import { actionCatalogue } from "./connector/contract.ts";
import { createExecutor } from "./connector/executor.ts";
import { createSigningSecrets } from "./connector/signing-secrets.ts";
import { createHttpClient } from "./delivery/http.ts";
import { createEngine, type Engine } from "./engine/engine.ts";
import { createAccept } from "./ingest/accept.ts";
import { createCancel } from "./ingest/cancel.ts";
import { watchPublishedFlows } from "./ingest/match-index.ts";
import { watchOpenRuns } from "./ingest/reconcile.ts";
import { createRelay } from "./ingest/relay.ts";
import { createStarter } from "./ingest/starter.ts";
import type { Log } from "./log.ts";
import { openStore, type Store } from "./store/store.ts";
import { parseKeyring } from "./vault/keyring.ts";
import { createVault } from "./vault/vault.ts";

export type AppOptions = {
  config: Config;
  mongodbUri: string;
  /** Name of the database; absent: the one of the URI. */
  database?: string;
  temporalAddress: string;
  temporalUiUrl: string | undefined;
  taskQueue: string;
  workflowBundlePath: string;
  keyring: string;
  /** A first API key with every scope, for the tenant of this installation. */
  apiKey: string | undefined;
  log: Log;
  /** The way in; the fault tests put a broken one here to see that they notice. */
  createAccept?: typeof createAccept;
};

export type App = Awaited<ReturnType<typeof createApp>>;

/** Builds and starts what the role asks for. Rejects when MongoDB cannot be reached; Temporal may come later. */
export async function createApp(options: AppOptions) {
  const { config, log } = options;
  const store = await openStore(options.mongodbUri, options.database ? { database: options.database } : {});
  if (options.apiKey) await ensureBootstrapKey(store, options.apiKey, log);
  const vault = createVault(parseKeyring(options.keyring));
  const signingSecrets = createSigningSecrets({ tenants: store.tenants, vault, nowMs: store.nowMs });
  const http = createHttpClient({ policy: { allowHttp: config.allowHttp, allowNetworks: config.allowNetworks } });
  const executor = createExecutor({ http, connectors, nowMs: Date.now });
  const engine = createEngine({
    temporal: { ...config.temporal, address: options.temporalAddress, uiUrl: options.temporalUiUrl },
    taskQueue: options.taskQueue,
    activities: createActivities({ store, executor, signingSecrets, log }),
    takesActivities: config.role !== "api",
    workflowBundlePath: options.workflowBundlePath,
    log,
  });
  const intake = config.role === "worker" ? undefined : await startIntake(options, store, engine);
  const server = intake ? await listen(intake, { ...options, store, engine, signingSecrets }) : undefined;

  return {
    store,
    engine,
    signingSecrets,
    url: server?.url,
    accept: intake?.accept,
    flowsChanged: intake?.flows.changed,
    /** Resolves when every start that this process knows of has been made and marked. */
    idle: async () => intake?.starter.idle(),
    async close(): Promise<void> {
      // Stop what comes in, then what looks for work, then what works, then what everything stands on.
      await server?.close();
      await intake?.close();
      await engine.close();
      await http.close();
      await store.close();
    },
  };
}

/** The way in and what watches over it. */
async function startIntake(options: AppOptions, store: Store, engine: Engine) {
  const { log } = options;
  const flows = await watchPublishedFlows(store.flows, log);
  const starter = createStarter({ store, start: engine.start, cancel: engine.cancel, log });
  const relay = createRelay({ store, starter, isEngineUp: engine.isUp, log });
  const watch = watchOpenRuns({ store, engine, log });
  return {
    flows,
    starter,
    accept: (options.createAccept ?? createAccept)({ store, flows, starter, relay, log }),
    cancel: createCancel({ store, engine, log }),
    async close(): Promise<void> {
      await Promise.all([relay.close(), watch.close()]);
      await starter.idle();
      await flows.close();
    },
  };
}

type Parts = AppOptions & {
  store: Store;
  engine: Engine;
  signingSecrets: ReturnType<typeof createSigningSecrets>;
};

async function listen(intake: Awaited<ReturnType<typeof startIntake>>, parts: Parts): Promise<ApiServer> {
  const { config, store, engine, log } = parts;
  const api = createApi({
    config,
    store,
    log,
    accept: intake.accept,
    runs: { cancel: intake.cancel, temporalUrl: engine.url },
    flowsChanged: intake.flows.changed,
    actions: actionCatalogue(connectors),
    signingSecrets: parts.signingSecrets,
    ready: () => checkReadiness(store, engine),
  });
  return startServer(api, { host: config.host, port: config.port });
}

/** Ready is who can accept events: MongoDB must answer. Temporal may be away for a while; that is said, not a reason to refuse. */
async function checkReadiness(store: Store, engine: Engine) {
  const answers = async (check: Promise<void>) =>
    check.then(
      () => "ok",
      () => "unavailable",
    );
  const [mongodb, temporal] = await Promise.all([answers(store.ping()), answers(engine.ping())]);
  return { ready: mongodb === "ok", checks: { mongodb, temporal } };
}
