// The engine's connection to Temporal: one native connection for client and worker, kept up for as long as the process lives.
import { readFile } from "node:fs/promises";
import { Client } from "@temporalio/client";
import {
  NativeConnection,
  Runtime,
  Worker,
  type LogLevel,
  type LogMetadata,
  type WorkflowBundleOption,
} from "@temporalio/worker";
import type { Activities } from "../../activities/index.ts";
import type { Config } from "../config.ts";
import type { DeliveryStart, LaneKey } from "../endpoint/hand-on.ts";
import type { Log } from "../log.ts";
import type { BulkRetry } from "../model/bulk-retry.ts";
import type { DeliveryRecovery } from "../model/delivery-recovery.ts";
import type { Payloads } from "./codec.ts";
import { createHookSaver } from "./promise-hooks.ts";
import { prepareNamespace } from "./namespace.ts";
import { cancelWorkflow, describeWorkflow, terminateWorkflow, workflowUrl } from "./runs.ts";
import { cancelDelivery, startDelivery, tellLaneOfChange, wakeLane } from "./start-delivery.ts";
import { cancelWork, describeWork, startBulkRetry, startRecovery, type WorkKey } from "./start-work.ts";
import { inTime, type StartOutcome } from "./start-outcome.ts";
import { startRun, type RunKey, type RunTarget } from "./start.ts";

export type EngineOptions = {
  temporal: Pick<Config["temporal"], "namespace" | "apiKey" | "tls" | "uiUrl"> & { address: string };
  taskQueue: string;
  payloads: Payloads;
  activities: Activities;
  /** API processes host workflows, so that eager start works, but leave the attempts of steps to the workers. */
  takesActivities: boolean;
  workflowBundlePath: string;
  log: Log;
};

const pingLimitMs = 2_000;

export type Engine = ReturnType<typeof createEngine>;

const reconnectMs = 1_000;
/** Longer than the longest attempt is not waited for at shutdown: Temporal starts the attempt again elsewhere. */
const shutdownGraceMs = 20_000;

/**
 * An engine that connects in the background and again whenever it has to: the process lives and accepts events while
 * Temporal is away.
 */
export function createEngine(options: EngineOptions) {
  const { temporal, taskQueue } = options;
  const link = keepConnected(options);
  const needClient = (): Client => {
    const client = link.client();
    if (!client) throw new Error("Temporal is not connected.");
    return client;
  };

  return {
    /** Resolves when Temporal has been reached and the worker runs for the first time. */
    connected: () => link.connected,
    isUp: () => link.client() !== undefined,

    async start(target: RunTarget): Promise<StartOutcome> {
      const client = link.client();
      return client ? startRun(client, taskQueue, target) : away();
    },

    ...createWorkCalls(link.client, needClient, taskQueue),

    cancel: async (run: RunKey) => cancelWorkflow(needClient(), run),
    terminate: async (run: RunKey, reason: string) => terminateWorkflow(needClient(), run, reason),
    describe: async (run: RunKey) => describeWorkflow(needClient(), run),
    url: (run: RunKey) => (temporal.uiUrl ? workflowUrl(temporal.uiUrl, temporal.namespace, run) : undefined),

    /** Rejects when Temporal does not answer within two seconds. */
    async ping(): Promise<void> {
      const { connection } = needClient();
      await inTime(connection.workflowService.getSystemInfo({}), pingLimitMs);
    },

    /** Finishes what runs, within the grace time. */
    close: link.close,
  };
}

/** What carries deliveries, and what goes through many runs or deliveries. */
function createWorkCalls(clientNow: () => Client | undefined, needClient: () => Client, taskQueue: string) {
  const started = async (start: (client: Client) => Promise<StartOutcome>): Promise<StartOutcome> => {
    const client = clientNow();
    return client ? start(client) : away();
  };
  const ends = {
    cancel: async (key: WorkKey) => cancelWork(needClient(), key),
    describe: async (key: WorkKey) => describeWork(needClient(), key),
  };
  return {
    bulkRetries: {
      start: (bulk: BulkRetry) => started((client) => startBulkRetry(client, taskQueue, bulk)),
      ...ends,
    },
    recoveries: {
      start: (recovery: DeliveryRecovery) => started((client) => startRecovery(client, taskQueue, recovery)),
      ...ends,
    },
    deliveries: {
      start: (start: DeliveryStart) => started((client) => startDelivery(client, taskQueue, start)),
      cancel: async (key: Omit<DeliveryStart, "delayMs" | "ask">) => cancelDelivery(needClient(), key),
      wakeLane: (lane: LaneKey) => started((client) => wakeLane(client, taskQueue, lane)),
      tellLaneOfChange: async (lane: LaneKey) => tellLaneOfChange(needClient(), lane),
    },
  };
}

function away(): StartOutcome {
  return { outcome: "unavailable", cause: new Error("Temporal is not connected.") };
}

/** Connection, worker and client, made anew whenever they break, until `close`. */
function keepConnected(options: EngineOptions) {
  const { temporal, log } = options;
  let client: Client | undefined;
  let worker: Worker | undefined;
  let closing = false;
  let tellConnected: () => void = () => {};
  const connected = new Promise<void>((resolve) => (tellConnected = resolve));

  /** From connecting to the worker's end. */
  const live = async (): Promise<void> => {
    const connection = await connect(temporal);
    try {
      await prepareNamespace(connection, temporal.namespace);
      worker = await createWorker(connection, options);
      const running = worker.run();
      const { dataConverter } = options.payloads;
      client = new Client({ connection, namespace: temporal.namespace, dataConverter });
      tellConnected();
      // Asked to close while the worker was being made.
      if (closing) worker.shutdown();
      await running;
    } finally {
      client = undefined;
      worker = undefined;
      await connection.close().catch(() => {}); // Closing what is broken may fail; a new one follows.
    }
  };
  const life = (async () => {
    while (!closing) {
      await live().catch((err: unknown) => {
        if (!closing) log.warn({ err }, "Temporal does not answer; trying again");
      });
      if (!closing) await new Promise((resolve) => setTimeout(resolve, reconnectMs));
    }
  })();

  return {
    connected,
    client: () => client,
    async close(): Promise<void> {
      closing = true;
      if (worker?.getState() === "RUNNING") worker.shutdown();
      await life;
    },
  };
}

async function connect(temporal: EngineOptions["temporal"]): Promise<NativeConnection> {
  const { address, apiKey, tls } = temporal;
  const pair = tls?.cert && tls.key ? { clientCertPair: { crt: tls.cert, key: tls.key } } : {};
  return NativeConnection.connect({
    address,
    ...(tls || apiKey ? { tls: { ...(tls?.ca ? { serverRootCACertificate: tls.ca } : {}), ...pair } } : {}),
    ...(apiKey ? { apiKey } : {}),
    // The server stands in the same network or on the same machine: compressing costs more than it saves.
    grpcCompression: { codec: "none" },
  });
}

async function createWorker(connection: NativeConnection, options: EngineOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: options.temporal.namespace,
    taskQueue: options.taskQueue,
    workflowBundle: await workflowBundle(options),
    dataConverter: options.payloads.dataConverter,
    activities: options.activities,
    interceptors: { activity: [createHookSaver()] },
    enableNonLocalActivities: options.takesActivities,
    maxConcurrentWorkflowTaskExecutions: 40,
    maxConcurrentActivityTaskExecutions: 100,
    maxConcurrentLocalActivityExecutions: 100,
    // About 50 KB each: far below what would make the isolate run out of memory.
    maxCachedWorkflows: 500,
    workflowThreadPoolSize: 1,
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + 5_000,
  });
}

/**
 * The workflows' code. The isolate has a failure converter of its own, in the bundle, and learns from a global whether it
 * has to hide messages: nothing else reaches it before the first workflow.
 */
async function workflowBundle({ payloads, workflowBundlePath }: EngineOptions): Promise<WorkflowBundleOption> {
  if (!payloads.encrypts) return { codePath: workflowBundlePath };
  return { code: `globalThis.millraceSealsPayloads = true;${await readFile(workflowBundlePath, "utf8")}` };
}

/** Makes the SDK log through ours and leaves signals to us. Once a process, before the first connection. */
export function installRuntime(log: Log): void {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    const { error, taskToken: _token, ...about } = meta ?? {};
    // A run that failed is an outcome of somebody's flow, and stands in its record.
    const ours = message === "Workflow failed" ? "debug" : toPinoLevel[level];
    log[ours]({ ...about, ...(error ? { err: error } : {}) }, message);
  };
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: write,
      trace: (message, meta) => write("TRACE", message, meta),
      debug: (message, meta) => write("DEBUG", message, meta),
      info: (message, meta) => write("INFO", message, meta),
      warn: (message, meta) => write("WARN", message, meta),
      error: (message, meta) => write("ERROR", message, meta),
    },
    telemetryOptions: { logging: { filter: "WARN", forward: {} } },
  });
}

// The SDK's INFO is about its own doings: ours to see when we debug.
const toPinoLevel = { TRACE: "trace", DEBUG: "debug", INFO: "debug", WARN: "warn", ERROR: "error" } as const;
