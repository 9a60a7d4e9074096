// A token endpoint on loopback, a connector whose connections use it, and connections of several "processes" over one store.
import { generateKeyPairSync } from "node:crypto";
import { httpAuth } from "../../connectors/http/auth.ts";
import { webhook } from "../../connectors/webhook/index.ts";
import { createConnections, type ConnectionDeps } from "../../src/connector/connections.ts";
import { defineConnector } from "../../src/connector/contract.ts";
import type { OpenConnection, Opened } from "../../src/connector/open-connection.ts";
import { createHttpClient } from "../../src/delivery/http.ts";
import { createLog } from "../../src/log.ts";
import { newId, type ConnectionId, type TenantId } from "../../src/model/ids.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { startReceiver, type Answer, type Receiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";

export const canary = "canary-4f9aa1c2d3e4b5a6";
export const policy = { allowHttp: true, allowNetworks: ["127.0.0.0/8"] };

/** A connector with a harmless call, and with every kind of authentication that `http` has. */
export const vendor = defineConnector({
  id: "vendor",
  title: "Vendor",
  description: "A system of these tests.",
  auth: { ...httpAuth, connection: "required" },
  refusalsCount: true,
  check: {
    request: () => ({ method: "GET", url: "/me", headers: {} }),
    response: ({ status, body }) =>
      status === 200
        ? { ok: true, detail: `Signed in: ${body.toString()}` }
        : {
            ok: false,
            failure: {
              class: status === 401 ? "auth_revoked" : "transient",
              code: `http_${status}`,
              message: body.toString(),
            },
          },
  },
  actions: [],
});

/** The same without a call to try it with. */
export const silent = defineConnector({ id: "silent", title: "Silent", description: "-", auth: httpAuth, actions: [] });

/** One whose tokens say where its API is. */
export const instance = defineConnector({
  id: "instance",
  title: "Instance",
  description: "-",
  auth: {
    connection: "required",
    methods: httpAuth.methods.map((one) =>
      one.token === undefined ? one : { ...one, token: { ...one.token, baseUrlMember: "instance_url" } },
    ),
  },
  actions: [],
});

/** One whose credential is an address. */
export const incoming = defineConnector({
  id: "incoming",
  title: "Incoming",
  description: "-",
  auth: {
    connection: "required",
    methods: [
      {
        kind: "webhookUrl",
        title: "Address",
        credentials: {
          type: "object",
          additionalProperties: false,
          required: ["webhookUrl"],
          properties: { webhookUrl: { type: "string", "x-secret": true, "x-url": true } },
        },
        counterExamples: [],
      },
    ],
  },
  actions: [],
});

export type Fixture = Awaited<ReturnType<typeof startFixture>>;

export async function startFixture() {
  const store = await openStore(testServers().mongodbUri, { database: uniqueName("connections") });
  const keyring = newKeyringEntry();
  const http = createHttpClient({ policy });
  const endpoint = await startReceiver();
  /** The connections of one process. */
  const openProcess = (rest: Partial<ConnectionDeps> = {}) =>
    createConnections({
      connections: store.connections,
      nowMs: store.nowMs,
      vault: createVault(parseKeyring(keyring)),
      http,
      policy,
      connectors: [vendor, silent, instance, incoming, webhook],
      log: createLog("silent"),
      ...rest,
    });
  return {
    store,
    keyring,
    http,
    endpoint,
    openProcess,
    make: (connector: string, credentials: JsonObject) => make(store, openProcess(), connector, credentials),
    async stop() {
      await http.close();
      await endpoint[Symbol.asyncDispose]();
      await store.close();
    },
  };
}

export type Made = { tenantId: TenantId; id: ConnectionId; slug: string };

async function make(
  store: Store,
  desk: ReturnType<typeof createConnections>,
  connector: string,
  credentials: JsonObject,
): Promise<Made> {
  const tenantId = await store.tenants.create("Acme");
  const slug = "theirs";
  const made = await desk.create(tenantId, newId("conn"), { connector, name: "Theirs", slug, credentials });
  if (made.outcome !== "made") throw new Error(JSON.stringify(made));
  return { tenantId, id: made.connection.id, slug };
}

/** Credentials for client credentials at the endpoint. */
export const ofClient = (endpoint: Receiver, rest: JsonObject = {}): JsonObject => ({
  tokenUrl: `${endpoint.url}/token`,
  clientId: "app",
  clientSecret: canary,
  baseUrl: endpoint.url,
  ...rest,
});

export const rsaKey = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** A token's answer, each with a text of its own. */
export function aToken(index: number, rest: JsonObject = {}): Answer {
  const body = { access_token: `token-number-${index}`, token_type: "Bearer", expires_in: 3600, ...rest };
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

export function anError(status: number, error: string, description?: string): Answer {
  const body = { error, ...(description === undefined ? {} : { error_description: description }) };
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** The open connection; fails the test for anything else. */
export function isOpen(opened: Opened): OpenConnection {
  if (opened.outcome !== "open") throw new Error(JSON.stringify(opened));
  return opened.connection;
}

export const bearerOf = (opened: Opened): string | undefined => isOpen(opened).applied.headers["authorization"];
