// An API for tests: real HTTP, a real MongoDB, real accepting and matching; runs are not started, since nothing here runs.
import { connectors } from "../../connectors/index.ts";
import { createApi, startServer, type ApiDeps } from "../../src/api/server.ts";
import type { ServerLimits } from "../../src/api/listen.ts";
import type { Route } from "../../src/api/route.ts";
import { createConnections } from "../../src/connector/connections.ts";
import { actionCatalogue } from "../../src/connector/contract.ts";
import { createSigningSecrets } from "../../src/connector/signing-secrets.ts";
import type { AddressPolicy } from "../../src/delivery/address.ts";
import type { Resolve } from "../../src/delivery/resolve.ts";
import { createMetrics } from "../../src/endpoint/metrics.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { createPayloadJudge } from "../../src/flow/payload/judge.ts";
import { createAccept } from "../../src/ingest/accept.ts";
import { watchEventTypeRules } from "../../src/ingest/event-type-rules.ts";
import { watchPublishedFlows } from "../../src/ingest/match-index.ts";
import { createLog } from "../../src/log.ts";
import { newApiKey, parseApiKey } from "../../src/model/api-key.ts";
import type { TenantId } from "../../src/model/ids.ts";
import { scopes, type Scope } from "../../src/model/scope.ts";
import { createReplay } from "../../src/recovery/replay.ts";
import { createRecovery } from "../../src/recovery/retry.ts";
import { openStore } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { startWebhookDeps } from "./webhook-deps.ts";

export type TestApi = Awaited<ReturnType<typeof startApi>>;
export type Call = {
  body?: unknown;
  /** Wins over `body`: sent as it stands. */
  text?: string | Buffer;
  headers?: Record<string, string>;
  /** The key; null for none. */
  key?: string | null;
};
/** `body` is parsed JSON, looked at member by member as any caller would. */
export type Answered = { status: number; headers: Headers; text: string; body: ReturnType<typeof JSON.parse> };

export async function startApi(
  options: {
    deps?: Partial<ApiDeps>;
    limits?: Partial<ServerLimits>;
    extra?: Route[];
    policy?: AddressPolicy;
    resolve?: Resolve;
  } = {},
) {
  const log = createLog("silent");
  const store = await openStore(testServers().mongodbUri, { database: uniqueName("api") });
  const flows = await watchPublishedFlows(store.flows, log);
  const accept = createAccept({
    store,
    flows,
    starter: { hasRoom: () => false, dispatch: () => Promise.reject(new Error("nothing starts here")) },
    relay: { isBehind: () => false, conclude: () => undefined, wake: () => undefined },
    endpoints: { match: () => ({ matched: [], failed: [] }) },
    sender: { hasRoom: () => false, dispatch: () => Promise.reject(new Error("nothing is sent here")) },
    fanOutRelay: { isBehind: () => false, wake: () => undefined },
    log,
  } as unknown as Parameters<typeof createAccept>[0]); // Of the relay only what is used without a start.
  const judge = createPayloadJudge();
  const eventTypeRules = await watchEventTypeRules({ eventTypes: store.eventTypes, judge, log });
  const vault = createVault(parseKeyring(newKeyringEntry()));
  const recovery = { store, actions: actionCatalogue(connectors), nowMs: Date.now };
  const policy = options.policy ?? { allowHttp: true, allowNetworks: ["127.0.0.0/8"] };
  const { resolve } = options;
  const http = createHttpClient({ policy, ...(resolve === undefined ? {} : { resolve }) });
  const webhooks = await startWebhookDeps({ store, vault, http, policy, log, resolve });
  const api = createApi(
    {
      config: { publicUrl: undefined, corsOrigins: [] },
      store,
      log,
      accept,
      eventTypeRules,
      runs: { cancel: async () => "unknown", temporalUrl: (run) => `http://temporal.test/${run.id}` },
      recovery: { ...createRecovery(recovery), ...createReplay({ ...recovery, flowsOf: flows.of }) },
      bulkRetries: { wake: () => undefined, cancel: () => undefined },
      deliveries: { retry: async () => undefined, cancel: () => undefined },
      recoveries: { wake: () => undefined, cancel: () => undefined },
      flowsChanged: flows.changed,
      actions: actionCatalogue(connectors),
      connectors,
      connections: createConnections({ ...store, vault, http, policy, connectors, log }),
      vault,
      metrics: createMetrics({ store, log }),
      signingSecrets: createSigningSecrets({ tenants: store.tenants, vault }),
      ...webhooks,
      http,
      ready: async () => ({ ready: true, checks: { mongodb: "ok" } }),
      ...options.deps,
    },
    options.extra,
  );
  const server = await startServer(api, {
    host: "127.0.0.1",
    port: 0,
    ...(options.limits ? { limits: options.limits } : {}),
  });

  const newKey = async (tenantId: TenantId, granted: readonly Scope[] = scopes, rest: { expiresAt?: Date } = {}) => {
    const key = newApiKey("test");
    const parsed = parseApiKey(key);
    if (!parsed) throw new Error("a new key is no key");
    await store.apiKeys.put({
      _id: parsed.id,
      tenantId,
      name: "test",
      hash: parsed.hash,
      scopes: [...granted],
      createdAt: new Date(),
      ...rest,
    });
    return key;
  };
  const tenantId = await store.tenants.create("Acme");
  const key = await newKey(tenantId);

  const call = async (method: string, path: string, request: Call = {}): Promise<Answered> => {
    const content = request.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
    const response = await fetch(server.url + path, {
      method,
      headers: {
        ...(request.key === null ? {} : { authorization: `Bearer ${request.key ?? key}` }),
        ...(content === undefined ? {} : { "content-type": "application/json" }),
        ...request.headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text ? JSON.parse(text) : undefined,
    };
  };

  return {
    ...server,
    api,
    store,
    flows,
    endpoints: webhooks.endpoints,
    tenantId,
    key,
    newKey,
    call,
    async stop() {
      await server.close();
      await http.close();
      await webhooks.profiles.close();
      await eventTypeRules.close();
      await flows.close();
      await store.close();
    },
  };
}

/** A flow that posts what it gets. */
export function aFlow(rest: Record<string, unknown> = {}) {
  return {
    name: "Escalate bad reviews",
    on: { event: "review.created" },
    filter: { "<=": [{ var: "event.data.rating" }, 2] },
    steps: [{ id: "notify", use: "webhook.post", with: { url: "https://hooks.example.com/in" } }],
    ...rest,
  };
}
