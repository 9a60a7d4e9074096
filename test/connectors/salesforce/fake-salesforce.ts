// A Salesforce on loopback: tokens, records, queries in pages, limits, and the faults that it is told to make.
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../../../src/model/json.ts";
import { addressOf, createFakeOrg, defaultObjects, refusal } from "./fake-org.ts";
import type { DuplicateRule, FakeObjects, FakeOrg, FakeReply } from "./fake-org.ts";
import { MalformedQuery, parseSoql, select } from "./fake-soql.ts";
import type { Row } from "./fake-soql.ts";

export type FakeRequest = {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
};

/**
 * `reset`: the connection breaks before anything was done. `apply-then-reset`: after it was done, so that only the answer
 * is lost. `hang`, `apply-then-hang`: the same without an end. Or an answer instead of the real one, nothing done.
 */
export type Fault =
  | "reset"
  | "apply-then-reset"
  | "hang"
  | "apply-then-hang"
  | { status: number; headers?: Record<string, string>; body?: string | object };
/** Asked for each request but those for tokens, with its number from 0. */
export type FaultRule = (request: FakeRequest, index: number) => Fault | undefined;

/** The app that may ask for tokens, and the user in whose name it acts. */
export type FakeApp = {
  clientId: string;
  clientSecret?: string;
  username?: string;
  /** PEM. Without it assertions are refused. */
  publicKey?: string;
  /** Whom assertions have to be for; the fake's own address unless given. */
  audience?: string;
};

export type FakeSalesforceOptions = {
  port?: number;
  app?: FakeApp;
  objects?: FakeObjects;
  isDuplicate?: DuplicateRule;
  /** How long tokens are taken; for ever unless given. */
  sessionMs?: number;
  /** Largest page of a query, whatever the request asks for; 2000 unless given. */
  pageSize?: number;
  limits?: { used: number; max: number };
  fault?: FaultRule;
  /** Where the records are, when that is not the login host. */
  instanceUrl?: string;
  /** Makes the tokens that are given out, when this fake is not the one that takes them. */
  issueToken?: () => string;
};

export type FakeSalesforce = {
  /** Without a trailing slash: the login host and the instance. */
  url: string;
  app: FakeApp;
  org: FakeOrg;
  /** Every request but those for tokens. */
  requests: FakeRequest[];
  tokenRequests: FakeRequest[];
  /** Counts up with each request; at `max`, requests are refused. */
  limits: { used: number; max: number };
  fault: FaultRule | undefined;
  /** A token that is taken, made without a request. */
  issueToken: () => string;
  /** Ends all tokens: requests with them are answered 401 INVALID_SESSION_ID. */
  revokeTokens: () => void;
  /** From now on (or no longer) the app gets no tokens. */
  refuseApp: (isRefused: boolean) => void;
  [Symbol.asyncDispose]: () => Promise<void>;
};

const apiRoot = /^\/services\/data\/v(\d+\.\d)(\/[^?]*)(?:\?(.*))?$/;
const jwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Starts a Salesforce with one organization, which holds its own row and nothing else. */
export async function startFakeSalesforce(options: FakeSalesforceOptions = {}): Promise<FakeSalesforce> {
  const org = createFakeOrg(options.objects ?? defaultObjects, options.isDuplicate ?? (() => []), () => "66.0");
  org.create("Organization", { Name: "Example" }, true);
  const expiryByToken = new Map<string, number>();
  const cursors = new Map<string, { rows: Row[]; total: number }>();
  let isAppRefused = false;

  const issueToken = (): string => {
    const token = `00DHs0000000001!${randomBytes(24).toString("base64url")}`;
    expiryByToken.set(token, Date.now() + (options.sessionMs ?? Infinity));
    return token;
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const fake: FakeSalesforce = {
    url,
    app: options.app ?? { clientId: "3MVG9fake", clientSecret: "fake-client-secret" },
    org,
    requests: [],
    tokenRequests: [],
    limits: options.limits ?? { used: 0, max: 15_000 },
    fault: options.fault,
    issueToken,
    revokeTokens: () => expiryByToken.clear(),
    refuseApp: (isRefused) => void (isAppRefused = isRefused),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray()).toString("utf8");
    const request: FakeRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body,
    };
    if (request.path === "/services/oauth2/token") {
      fake.tokenRequests.push(request);
      return sendReply(response, isAppRefused ? oauthError("invalid_grant", "user hasn't approved") : token(request));
    }
    const index = fake.requests.push(request) - 1;
    const fault = fake.fault?.(request, index);
    if (fault === "reset") return void response.socket?.resetAndDestroy();
    if (fault === "hang") return;
    if (typeof fault === "object") return sendFault(response, fault);
    const reply = answer(request);
    if (fault === "apply-then-reset") return void response.socket?.resetAndDestroy();
    if (fault === "apply-then-hang") return;
    sendReply(response, reply, { "sforce-limit-info": `api-usage=${fake.limits.used}/${fake.limits.max}` });
  }

  function token(request: FakeRequest): FakeReply {
    const form = new URLSearchParams(request.body);
    const refused = form.get("grant_type") === jwtGrant ? refusedAssertion(form) : refusedClient(request, form);
    if (refused) return refused;
    return {
      status: 200,
      body: {
        access_token: (options.issueToken ?? issueToken)(),
        signature: randomBytes(32).toString("base64"),
        scope: "api",
        instance_url: options.instanceUrl ?? url,
        id: `${url}/id/00DHs0000000001AAA/005Hs0000000001AAA`,
        token_type: "Bearer",
        issued_at: String(Date.now()),
      },
    };
  }

  function refusedAssertion(form: URLSearchParams): FakeReply | undefined {
    const [head = "", payload = "", signature = ""] = (form.get("assertion") ?? "").split(".");
    const { publicKey, clientId, username, audience } = fake.app;
    const claims = partOf(payload);
    if (claims["iss"] !== clientId) return oauthError("invalid_client_id", "client identifier invalid");
    const isSigned =
      publicKey !== undefined &&
      partOf(head)["alg"] === "RS256" &&
      verify(
        "sha256",
        Buffer.from(`${head}.${payload}`),
        createPublicKey(publicKey),
        Buffer.from(signature, "base64url"),
      );
    if (!isSigned) return oauthError("invalid_grant", "invalid assertion");
    if (claims["aud"] !== (audience ?? url)) return oauthError("invalid_grant", "audience is invalid");
    if (claims["sub"] !== username) return oauthError("invalid_grant", "user hasn't approved this consumer");
    const leftMs = Number(claims["exp"]) * 1000 - Date.now();
    // Salesforce takes assertions that end within five minutes.
    return leftMs > 0 && leftMs <= 5 * 60_000 ? undefined : oauthError("invalid_grant", "token lifetime is invalid");
  }

  function refusedClient(request: FakeRequest, form: URLSearchParams): FakeReply | undefined {
    if (form.get("grant_type") !== "client_credentials") return oauthError("unsupported_grant_type", "not supported");
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const [basicId, basicSecret] = Buffer.from(basic ?? "", "base64")
      .toString("utf8")
      .split(":")
      .map(decodeURIComponent);
    const id = form.get("client_id") ?? basicId;
    const secret = form.get("client_secret") ?? basicSecret;
    if (id !== fake.app.clientId) return oauthError("invalid_client_id", "client identifier invalid");
    return secret === fake.app.clientSecret ? undefined : oauthError("invalid_client", "invalid client credentials");
  }

  function answer(request: FakeRequest): FakeReply {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const expiresAt = expiryByToken.get(given);
    if (expiresAt === undefined || expiresAt <= Date.now()) {
      return refusal(401, "INVALID_SESSION_ID", "Session expired or invalid");
    }
    if (fake.limits.used >= fake.limits.max) {
      return refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    }
    fake.limits.used += 1;
    const [, version = "", path = "", search = ""] = apiRoot.exec(request.path) ?? [];
    if (version === "") return refusal(404, "NOT_FOUND", "The requested resource does not exist");
    // Salesforce reads the format of the answer off the end of the path.
    const parts = path
      .replace(/\.(?:json|xml)$/, "")
      .split("/")
      .slice(1)
      .map(decodeURIComponent);
    if (parts[0] === "query") return queryReply(request, version, parts[1], new URLSearchParams(search));
    if (parts[0] === "sobjects" && parts[1]) return recordReply(request, parts.slice(1), new URLSearchParams(search));
    return refusal(404, "NOT_FOUND", "The requested resource does not exist");
  }

  function recordReply(request: FakeRequest, parts: string[], search: URLSearchParams): FakeReply {
    const [object = "", first, value] = parts;
    if (request.method === "GET" && first) {
      const found = org.find(object, value === undefined ? "Id" : first, value ?? first) ?? [];
      if (found.length > 1) return { status: 300, body: found.map(addressOf) };
      const [row] = found;
      if (row === undefined) return refusal(404, "NOT_FOUND", "The requested resource does not exist");
      const names = search.get("fields")?.split(",");
      const unknown = names?.find((name) => !org.isField(object, name));
      if (unknown) return refusal(400, "INVALID_FIELD", `No such column '${unknown}' on sobject of type ${object}`);
      return { status: 200, body: names ? pick(row, names) : row };
    }
    const fields = fieldsOf(request.body);
    if (fields === undefined) return refusal(400, "JSON_PARSER_ERROR", "Unexpected character in the body");
    const allowDuplicates = /allowSave=true/i.test(String(request.headers["sforce-duplicate-rule-header"] ?? ""));
    if (request.method === "POST" && first === undefined) return org.create(object, fields, allowDuplicates);
    if (request.method === "PATCH" && value !== undefined && first) {
      return org.upsert(object, first, value, fields, allowDuplicates);
    }
    if (request.method === "PATCH" && first) return org.update(object, first, fields);
    return refusal(405, "METHOD_NOT_ALLOWED", `HTTP Method '${request.method}' not allowed`);
  }

  function queryReply(
    request: FakeRequest,
    version: string,
    locator: string | undefined,
    search: URLSearchParams,
  ): FakeReply {
    const asked = /batchSize=(\d+)/.exec(String(request.headers["sforce-query-options"] ?? ""))?.[1];
    const size = Math.min(Number(asked ?? 2000), options.pageSize ?? 2000);
    if (locator !== undefined) {
      const [id = "", offset = ""] = locator.split("-");
      const cursor = cursors.get(id);
      if (!cursor) return refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
      return page(cursor, id, Number(offset), size, version);
    }
    try {
      const parsed = parseSoql(search.get("q") ?? "");
      const unknown = (parsed.fields === "count" ? [] : parsed.fields).find(
        (name) => !org.isField(parsed.object, name),
      );
      if (unknown) return refusal(400, "INVALID_FIELD", `No such column '${unknown}' on entity '${parsed.object}'`);
      const found = select(org.records(parsed.object), parsed);
      if (parsed.fields === "count") return { status: 200, body: { totalSize: found.length, done: true, records: [] } };
      const names = parsed.fields;
      const id = `01gHs${String(cursors.size).padStart(10, "0")}`;
      const cursor = { rows: found.map((row) => pick(row, names)), total: found.length };
      cursors.set(id, cursor);
      return page(cursor, id, 0, size, version);
    } catch (error) {
      if (error instanceof MalformedQuery) return refusal(400, "MALFORMED_QUERY", error.message);
      throw error;
    }
  }

  return fake;
}

function page(
  { rows, total }: { rows: Row[]; total: number },
  id: string,
  offset: number,
  size: number,
  version: string,
): FakeReply {
  const end = offset + size;
  const done = end >= total;
  const next = done ? {} : { nextRecordsUrl: `/services/data/v${version}/query/${id}-${end}` };
  return { status: 200, body: { totalSize: total, done, ...next, records: rows.slice(offset, end) } };
}

/** Fields of a record, in the order in which they were asked for; empty ones are null. */
function pick(row: Row, names: string[]): Row {
  const picked = names.map((name): [string, Json] => [name, row[name] ?? null]);
  return { attributes: row["attributes"] ?? null, ...Object.fromEntries(picked) };
}

function oauthError(error: string, description: string): FakeReply {
  return { status: 400, body: { error, error_description: description } };
}

function fieldsOf(body: string): Row | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    // Only the kind of value matters here; the organization looks at each field.
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Row) : undefined;
  } catch {
    return undefined;
  }
}

/** A part of a JSON Web Token; empty when it is none. */
function partOf(text: string): Row {
  return fieldsOf(Buffer.from(text, "base64url").toString("utf8")) ?? {};
}

function sendReply(response: ServerResponse, reply: FakeReply, headers: Record<string, string> = {}): void {
  if (reply.body === undefined) return void response.writeHead(reply.status, headers).end();
  response.writeHead(reply.status, { "content-type": "application/json;charset=UTF-8", ...headers });
  response.end(JSON.stringify(reply.body));
}

function sendFault(response: ServerResponse, fault: Extract<Fault, object>): void {
  const isText = typeof fault.body === "string";
  const type = isText ? "text/html;charset=UTF-8" : "application/json;charset=UTF-8";
  response.writeHead(fault.status, { "content-type": type, ...fault.headers });
  response.end(isText ? fault.body : fault.body === undefined ? "" : JSON.stringify(fault.body));
}
