// An executor without MongoDB: connections that are open as given, limits and blobs in memory.
import type { Connector } from "../../src/connector/contract.ts";
import {
  createExecutor,
  type Executor,
  type Performed,
  type PerformInput,
  type Waiting,
} from "../../src/connector/executor.ts";
import { createLimiter, type Limiter } from "../../src/connector/limiter.ts";
import type { Connections, OpenConnection } from "../../src/connector/open-connection.ts";
import type { HttpClient } from "../../src/delivery/http.ts";
import type { BlobId, ConnectionId } from "../../src/model/ids.ts";
import { newId } from "../../src/model/ids.ts";
import type { BlobRef } from "../../src/model/blob.ts";

export type MemoryBlobs = {
  put: (tenantId: string, data: Buffer, contentType: string) => Promise<BlobRef>;
  find: (tenantId: string, id: BlobId) => Promise<{ ref: BlobRef; data: Buffer } | undefined>;
};

/** The executor over these connectors; whatever else is not given never stands in the way. */
export function anExecutor(options: {
  http: Pick<HttpClient, "send">;
  connectors: readonly Connector[];
  connections?: Connections;
  limiter?: Limiter;
  blobs?: MemoryBlobs;
  nowMs?: () => number;
}): Executor {
  const { nowMs = Date.now } = options;
  return createExecutor({ connections: noConnections, limiter: noLimits, blobs: memoryBlobs(), nowMs, ...options });
}

/** What one attempt came to; fails the test when the step waits instead. */
export async function attempted(executor: Executor, input: PerformInput): Promise<Performed> {
  const performed: Performed | Waiting = await executor.perform(input);
  if ("waiting" in performed) throw new Error(`The step waits: ${performed.waiting.failure.message}`);
  return performed;
}

/** An open connection of a bearer token. */
export function anOpenConnection(rest: Partial<OpenConnection> = {}): OpenConnection {
  const id: ConnectionId = "conn_0000000000000000000001";
  return {
    view: { id, kind: "bearer", fields: {} },
    applied: { headers: { authorization: "Bearer canary-token" }, query: {} },
    secrets: ["canary-token"],
    ...rest,
  };
}

/** Connections of which none is known. */
export const noConnections: Connections = {
  open: async (_tenantId, ref) => ({
    outcome: "failed",
    failure: { class: "not_found", code: "connection_unknown", message: `There is no connection ${ref}.` },
  }),
  renew: async () => ({ outcome: "failed", failure: refusal }),
  refused: async (_tenantId, _connection, failure) => ({ outcome: "failed", failure }),
};

const refusal = { class: "auth_revoked", code: "no_token", message: "There is no token to renew." } as const;

/** A limiter by which it is always one's turn. */
export const noLimits: Limiter = {
  claim: async () => ({ waitMs: 0, slotAtMs: 0 }),
  block: async () => undefined,
};

/** The real limiter over rows in memory, by a clock of the test's. */
export function memoryLimiter(nowMs: () => number): Limiter {
  const rows = new Map<string, { tat: number; blockedUntil: number }>();
  const rowOf = (key: string) => rows.get(key) ?? { tat: 0, blockedUntil: 0 };
  return createLimiter({
    nowMs,
    async reserve(key, perMs, burst) {
      const { tat, blockedUntil } = rowOf(key);
      const slotAtMs = Math.max(nowMs(), tat - (burst - 1) * perMs, blockedUntil);
      rows.set(key, { tat: Math.max(tat, slotAtMs) + perMs, blockedUntil });
      return { slotAtMs, waitMs: slotAtMs - nowMs() };
    },
    async block(key, forMs) {
      const { tat, blockedUntil } = rowOf(key);
      rows.set(key, { tat, blockedUntil: Math.max(blockedUntil, nowMs() + forMs) });
    },
    blockedMs: async (key) => Math.max(0, rowOf(key).blockedUntil - nowMs()),
  });
}

export function memoryBlobs(): MemoryBlobs {
  const blobs = new Map<string, { ref: BlobRef; data: Buffer }>();
  return {
    async put(tenantId, data, contentType) {
      const ref: BlobRef = { id: newId("blob"), bytes: data.length, contentType, sha256: "0".repeat(64) };
      blobs.set(`${tenantId}/${ref.id}`, { ref, data });
      return ref;
    },
    find: async (tenantId, id) => blobs.get(`${tenantId}/${id}`),
  };
}
