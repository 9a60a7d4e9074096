// The house put together: every part over its dependencies, started for a role and closed in order.
import { createDeliveryActivities } from "../activities/deliver.ts";
import { createActivities } from "../activities/index.ts";
import { connectors } from "../connectors/index.ts";
import { ensureBootstrapKey } from "./api/auth.ts";
import type { CodecEndpoint } from "./api/codec.ts";
import { startServer, createApi, type ApiServer } from "./api/server.ts";
import type { Config } from "./config.ts";
import { actionCatalogue } from "./connector/contract.ts";
import { createConnections, type ConnectionDesk } from "./connector/connections.ts";
import { createExecutor } from "./connector/executor.ts";
import { createLimiter } from "./connector/limiter.ts";
import { createSigningSecrets } from "./connector/signing-secrets.ts";
import type { AddressPolicy } from "./delivery/address.ts";
import { createHttpClient, type HttpClient } from "./delivery/http.ts";
import { createDeliveryObserver } from "./endpoint/delivery-observer.ts";
import { createMetrics, type Metrics } from "./endpoint/metrics.ts";
import { createPayloads } from "./engine/codec.ts";
import { createEngine, type Engine } from "./engine/engine.ts";
import { createPayloadJudge } from "./flow/payload/judge.ts";
import { createAccept } from "./ingest/accept.ts";
import { createCancel } from "./ingest/cancel.ts";
import { startDueBulkRetries } from "./ingest/due-bulk-retries.ts";
import { startDueRuns } from "./ingest/due-runs.ts";
import { watchEndpointHealth } from "./ingest/endpoint-health.ts";
import { watchEventTypeRules } from "./ingest/event-type-rules.ts";
import { watchPublishedFlows } from "./ingest/match-index.ts";
import { raiseNotices } from "./ingest/notices.ts";
import { watchOpenRuns } from "./ingest/reconcile.ts";
import { createRelay } from "./ingest/relay.ts";
import { createStarter } from "./ingest/starter.ts";
import type { Log } from "./log.ts";
import { startRecoveries } from "./recoveries.ts";
import { createReplay } from "./recovery/replay.ts";
import { createRecovery } from "./recovery/retry.ts";
import { openStore, type Store } from "./store/store.ts";
import { parseKeyring } from "./vault/keyring.ts";
import { createVault, type Vault } from "./vault/vault.ts";
import { createWebhooks, type SendingParts, type Webhooks } from "./webhooks.ts";

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
  /** Called between two steps of accepting and sending; the fault tests end the process there. */
  fault?: (point: string) => void | Promise<void>;
  /** Who sends to endpoints; the fault tests put broken ones here. */
  sending?: SendingParts;
  /** What carries deliveries on; the fault tests put broken ones here. */
  createDeliveryActivities?: typeof createDeliveryActivities;
};

export type App = Awaited<ReturnType<typeof createApp>>;

/** Builds and starts what the role asks for. Rejects when MongoDB cannot be reached; Temporal may come later. */
export async function createApp(options: AppOptions) {
  const parts = await createParts(options);
  const { store, engine, webhooks } = parts;
  const intake = options.config.role === "worker" ? undefined : await startIntake(parts);
  const server = intake ? await listen(intake, parts) : undefined;
  return {
    store,
    engine,
    signingSecrets: parts.signingSecrets,
    connections: parts.connections,
    endpoints: intake?.sending.desk,
    url: server?.url,
    accept: intake?.accept,
    flowsChanged: intake?.flows.changed,
    /** Resolves when every start and first attempt that this process knows of has been made and marked. */
    idle: async () => {
      await Promise.all([intake?.starter.idle(), intake?.sending.sender.idle()]);
    },
    async close(): Promise<void> {
      // Stop what comes in, then what looks for work, then what works, then what everything stands on.
      await server?.close();
      await intake?.close();
      await engine.close();
      await webhooks.close();
      await parts.observer.close();
      await parts.http.close();
      await store.close();
    },
  };
}

/** What every process has, whatever its role. */
async function createParts(options: AppOptions): Promise<Parts> {
  const { config, log, fault, sending } = options;
  const store = await openStore(options.mongodbUri, options.database ? { database: options.database } : {});
  if (options.apiKey) await ensureBootstrapKey(store, options.apiKey, log);
  const keyring = parseKeyring(options.keyring);
  const vault = createVault(keyring);
  const payloads = createPayloads({ keyring, ...config.temporal });
  const policy = policyOf(config);
  const http = createHttpClient({ policy });
  const outgoing = createOutgoing(store, { vault, http, policy, log });
  const metrics = createMetrics({ store, log });
  const observer = createDeliveryObserver({ store, metrics, nowMs: store.nowMs, log });
  // Made below, with the activities that use it.
  const engineLater = () => engine;
  const webhooks = await createWebhooks({
    store,
    vault,
    http,
    policy,
    observer,
    log,
    fault,
    sending,
    engine: engineLater,
  });
  metrics.followInFlight(webhooks.gates.inFlight);
  const engine: Engine = createEngine({
    temporal: { ...config.temporal, address: options.temporalAddress, uiUrl: options.temporalUiUrl },
    taskQueue: options.taskQueue,
    payloads,
    activities: {
      ...createActivities({ store, ...outgoing, log }),
      ...(options.createDeliveryActivities ?? createDeliveryActivities)(webhooks.activities),
    },
    takesActivities: config.role !== "api",
    workflowBundlePath: options.workflowBundlePath,
    log,
  });
  const codec = payloads.encrypts ? { ...payloads, keyring, ...pagesOf(options) } : undefined;
  return { ...options, ...outgoing, store, engine, vault, http, codec, metrics, observer, webhooks };
}

/** What deliveries may reach. In production not this API itself: an endpoint that is our own way in would feed itself. */
function policyOf({ allowHttp, allowNetworks, production, publicUrl }: Config): AddressPolicy {
  const ownHosts = production && publicUrl !== undefined ? { ownHosts: [new URL(publicUrl).host] } : {};
  return { allowHttp, allowNetworks, ...ownHosts };
}

type Outgoing = { vault: Vault; http: HttpClient; policy: AddressPolicy; log: Log };

/** What steps act with: connections, their tokens and limits, and the tenants' own secrets. */
function createOutgoing(store: Store, { vault, http, policy, log }: Outgoing) {
  const connections = createConnections({ ...store, vault, http, policy, connectors, log });
  const executor = createExecutor({
    http,
    connectors,
    connections,
    limiter: createLimiter(store.limits),
    blobs: store.blobs,
    nowMs: Date.now,
  });
  const signingSecrets = createSigningSecrets({ tenants: store.tenants, vault, nowMs: store.nowMs });
  return { connections, executor, signingSecrets };
}

/** The way in and what watches over it. */
async function startIntake(parts: Parts) {
  const { store, engine, log, fault, metrics } = parts;
  const sending = await parts.webhooks.startSending();
  const flows = await watchPublishedFlows(store.flows, log);
  const starter = createStarter({ store, start: engine.start, cancel: engine.cancel, log });
  const relay = createRelay({ store, starter, isEngineUp: engine.isUp, log });
  const watch = watchOpenRuns({ store, engine, log });
  const dueRuns = startDueRuns({ store, engine, log });
  const dueBulkRetries = startDueBulkRetries({ store, engine, log });
  const recoveries = startRecoveries({ store, engine, config: parts.config, log });
  const accept = (parts.createAccept ?? createAccept)({
    store,
    flows,
    starter,
    relay,
    endpoints: sending.endpoints,
    sender: sending.sender,
    fanOutRelay: sending.relay,
    fanOutLeaseMs: sending.leaseMs,
    accepted: metrics.accepted,
    log,
    fault,
  });
  const eventTypeRules = await watchEventTypeRules({
    eventTypes: store.eventTypes,
    judge: createPayloadJudge(),
    unfit: metrics.unfit,
    log,
  });
  const notices = raiseNotices({ store, accept, log });
  const endpointHealth = watchEndpointHealth({ store, accept, nowMs: store.nowMs, log });
  return {
    flows,
    starter,
    sending,
    accept,
    eventTypeRules,
    cancel: createCancel({ store, engine, log }),
    wakeDueRuns: dueRuns.wake,
    wakeDueBulkRetries: dueBulkRetries.wake,
    deliveryDesk: recoveries.desk,
    async close(): Promise<void> {
      const loops = [relay, watch, dueRuns, dueBulkRetries, recoveries, notices, endpointHealth];
      await Promise.all(loops.map((loop) => loop.close()));
      await Promise.all([starter.idle(), sending.close()]);
      await Promise.all([flows.close(), eventTypeRules.close()]);
    },
  };
}

type Parts = AppOptions & {
  store: Store;
  engine: Engine;
  vault: Vault;
  http: HttpClient;
  codec: CodecEndpoint | undefined;
  signingSecrets: ReturnType<typeof createSigningSecrets>;
  connections: ConnectionDesk;
  metrics: Metrics;
  observer: ReturnType<typeof createDeliveryObserver>;
  webhooks: Webhooks;
};

async function listen(intake: Awaited<ReturnType<typeof startIntake>>, parts: Parts): Promise<ApiServer> {
  const { config, store, engine, log } = parts;
  const api = createApi({
    config,
    store,
    log,
    accept: intake.accept,
    eventTypeRules: intake.eventTypeRules,
    runs: { cancel: intake.cancel, temporalUrl: engine.url },
    recovery: recoveryOf(intake, store),
    bulkRetries: {
      wake: intake.wakeDueBulkRetries,
      // The bulk retry's own document says that it is to stop, and is looked at as long as it runs.
      cancel: (bulk) =>
        void engine.bulkRetries
          .cancel(bulk)
          .catch((err: unknown) => log.debug({ err, bulkId: bulk.id }, "a bulk retry could not be told to end")),
    },
    ...intake.deliveryDesk,
    flowsChanged: intake.flows.changed,
    actions: actionCatalogue(connectors),
    connectors,
    connections: parts.connections,
    vault: parts.vault,
    signingSecrets: parts.signingSecrets,
    endpoints: intake.sending.desk,
    openEndpoint: intake.sending.endpoints.find,
    profiles: parts.webhooks.profiles,
    sendTest: parts.webhooks.sendTest,
    metrics: parts.metrics,
    http: parts.http,
    ...(parts.codec ? { codec: parts.codec } : {}),
    ready: () => checkReadiness(store, engine),
  });
  return startServer(api, { host: config.host, port: config.port });
}

/** Whose pages may ask the codec endpoint: those of Temporal's UI, and of the listed origins. */
function pagesOf({ config, temporalUiUrl }: AppOptions): Pick<CodecEndpoint, "namespace" | "origins"> {
  const ui = temporalUiUrl === undefined ? [] : [new URL(temporalUiUrl).origin];
  return { namespace: config.temporal.namespace, origins: [...ui, ...config.corsOrigins] };
}

/** Retries and replays whose runs start at once. */
function recoveryOf(intake: Awaited<ReturnType<typeof startIntake>>, store: Store) {
  const deps = { store, actions: actionCatalogue(connectors), nowMs: Date.now, wake: intake.wakeDueRuns };
  return { ...createRecovery(deps), ...createReplay({ ...deps, flowsOf: intake.flows.of }) };
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
