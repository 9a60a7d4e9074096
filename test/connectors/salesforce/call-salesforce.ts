// Salesforce's actions against a fake: the real executor and token client, over a connection that is kept in memory.
import { generateKeyPairSync } from "node:crypto";
import { salesforce } from "../../../connectors/salesforce/index.ts";
import { addressRequest } from "../../../src/connector/address-request.ts";
import { applyAuth } from "../../../src/connector/auth.ts";
import type { AuthMethod } from "../../../src/connector/contract.ts";
import { createExecutor } from "../../../src/connector/executor.ts";
import type { Looked } from "../../../src/connector/executor.ts";
import type { Connections, OpenConnection, Opened } from "../../../src/connector/open-connection.ts";
import type { Outcome, PerformInput } from "../../../src/connector/perform.ts";
import { fetchToken } from "../../../src/connector/token-client.ts";
import { createHttpClient } from "../../../src/delivery/http.ts";
import type { AuthKind } from "../../../src/model/connection.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { FakeSalesforce } from "./fake-salesforce.ts";

const http = createHttpClient({ policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] } });
afterAll(() => http.close());

/** A key pair as people make it for an app: both in PEM. */
export const keyPair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
export const otherKeyPair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

export function methodOf(kind: AuthKind): AuthMethod {
  const method = salesforce.auth?.methods.find((one) => one.kind === kind);
  if (method === undefined) throw new Error(`Salesforce takes no ${kind}.`);
  return method;
}

/** Client credentials that the fake takes. */
export function clientOf({ app, url }: FakeSalesforce): JsonObject {
  return { clientId: app.clientId, clientSecret: app.clientSecret ?? "", loginUrl: url };
}

export type Caller = {
  perform: (action: string, input: Json, options?: { deliveryId?: string; timeoutMs?: number }) => Promise<Outcome>;
  reconcile: (action: string, input: Json, options?: { deliveryId?: string }) => Promise<Looked>;
  check: () => Promise<{ ok: boolean; detail?: string; failure?: unknown }>;
  /** Answers of the token client, in order. */
  tokens: string[];
};

/** Calls actions with one connection; a refused token is renewed as the executor asks for it. */
export function callerOf(kind: AuthKind, credentials: JsonObject): Caller {
  const method = methodOf(kind);
  const tokens: string[] = [];
  let current: OpenConnection | undefined;
  const renew = async (): Promise<Opened> => {
    const { token: rule } = method;
    if (rule === undefined) throw new Error("No token rule.");
    const answer = await fetchToken({ rule, credentials, secrets: [], http, nowMs: Date.now });
    tokens.push(answer.outcome);
    if (answer.outcome !== "token") return { outcome: "paused", failure: answer.failure, delayMs: 1 };
    current = opened(kind, method, credentials, answer.accessToken, answer.baseUrl, tokens.length);
    return { outcome: "open", connection: current };
  };
  const connections: Connections = {
    open: async () => (current === undefined ? renew() : { outcome: "open", connection: current }),
    renew,
    refused: async (_tenant, _connection, failure) => ({ outcome: "paused", failure, delayMs: 1 }),
  };
  const executor = createExecutor({
    http,
    connectors: [salesforce],
    connections,
    limiter: { claim: () => Promise.reject(new Error("no limits")), block: async () => {} },
    blobs: { put: () => Promise.reject(new Error("no blobs")), find: async () => undefined },
    nowMs: Date.now,
  });
  return {
    tokens,
    async perform(action, input, options = {}) {
      const done = await executor.perform(inputOf(action, input, options));
      if ("waiting" in done) return { ok: false, failure: done.waiting.failure };
      return done.outcome;
    },
    async reconcile(action, input, options = {}) {
      const looked = await executor.reconcile(inputOf(action, input, options));
      if ("waiting" in looked) throw new Error(looked.waiting.failure.message);
      return looked;
    },
    async check() {
      const open = await connections.open("tnt_0000000000000000000000", "salesforce", "salesforce");
      if (open.outcome !== "open" || salesforce.check === undefined) return { ok: false, failure: open };
      const request = addressRequest(salesforce.check.request(open.connection.view), open.connection, undefined);
      if (!request.ok) return request;
      const answer = await http.send({ ...request.request, timeoutMs: 2_000 });
      return answer.ok ? salesforce.check.response(answer) : { ok: false, failure: answer };
    },
  };
}

function opened(
  kind: AuthKind,
  method: AuthMethod,
  credentials: JsonObject,
  token: string,
  baseUrl: string | undefined,
  tokenVersion: number,
): OpenConnection {
  const { apiVersion } = credentials;
  return {
    view: { id: "conn_0000000000000000000000", kind, fields: apiVersion === undefined ? {} : { apiVersion } },
    applied: applyAuth(method, credentials, token),
    secrets: [token],
    tokenVersion,
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

function inputOf(
  action: string,
  input: Json,
  { deliveryId = "msg_1", timeoutMs = 2_000 }: { deliveryId?: string; timeoutMs?: number },
): PerformInput {
  const event = { id: "evt_1", type: "a", occurredAt: "2026-11-21T10:00:00.000Z", dataText: "{}" };
  return {
    use: `salesforce.${action}`,
    input,
    tenantId: "tnt_0000000000000000000000",
    connection: "salesforce",
    call: { deliveryId, attempt: 1, willRetry: true, nowMs: Date.now(), event },
    tenantSecrets: [],
    timeoutMs,
  };
}
