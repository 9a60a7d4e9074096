// How does Millrace speak HTTP to the outside? The one client: checked addresses, no redirects, limits on everything.
import { Pool } from "undici";
import { checkUrl, networksOf } from "./address.ts";
import type { AddressPolicy, UrlRefusal } from "./address.ts";
import { createConnector } from "./connect.ts";
import type { OpenConnection } from "./connect.ts";
import { elapsedSince, Exchange } from "./exchange.ts";
import type { HttpRequest, HttpResult } from "./exchange.ts";
import { Line } from "./line.ts";
import type { LineDispatchOptions } from "./line.ts";
import { createPools } from "./pools.ts";
import type { Pools } from "./pools.ts";
import { createResolver } from "./resolve.ts";
import type { Resolve } from "./resolve.ts";

export type { HttpAnswer, HttpError, HttpRequest, HttpResult } from "./exchange.ts";
export type { HttpErrorKind } from "./http-error.ts";
export type { TlsIdentity } from "./tls-identity.ts";

export type HttpClient = {
  /** Sends a request once. Never rejects for what the network does, and never follows a redirect. */
  send: (request: HttpRequest) => Promise<HttpResult>;
  /** Ends all connections. Requests under way end as aborted. */
  close: () => Promise<void>;
};

export type HttpLimits = {
  /** Name, connection and TLS together. */
  connectTimeoutMs: number;
  /** The name alone, over all questions and servers. */
  dnsTimeoutMs: number;
  /** How much of an answer's body is kept; the connection is closed at the next byte. */
  bodyBytesMax: number;
  headerBytesMax: number;
  /** How long an unused connection stays open. Below the five seconds after which many servers close it. */
  keepAliveMs: number;
  /** How long a connection is used, however busy it is: its name is looked up, and its certificate checked, when it is opened. */
  connectionMsMax: number;
  /**
   * For each origin, and there for each identity. Endpoints of one origin share them, so that two of them that hang with all
   * that they may have under way, 50 each, have to leave room for the others.
   */
  socketsPerOriginMax: number;
  /** How many origins and identities have connections at once. */
  originsMax: number;
  /** Most addresses that a name may have. */
  addressesMax: number;
  /** Most informational answers (1xx) before the real one. */
  informationalMax: number;
};

const defaultLimits: HttpLimits = {
  connectTimeoutMs: 5_000,
  dnsTimeoutMs: 2_000,
  bodyBytesMax: 64 * 1024,
  headerBytesMax: 16 * 1024,
  keepAliveMs: 4_000,
  connectionMsMax: 60_000,
  socketsPerOriginMax: 128,
  originsMax: 1_000,
  addressesMax: 50,
  informationalMax: 20,
};

export type HttpClientOptions = {
  policy: AddressPolicy;
  /** Asks for a name's addresses; the system's name servers unless given. */
  resolve?: Resolve;
  limits?: Partial<HttpLimits>;
  /** Certificates of authorities to trust instead of the system's, in PEM. */
  ca?: string;
};

type Target = { ok: true; origin: string; path: string };

/** Checked URLs that are remembered: endpoints are sent to again and again, and the policy never changes. */
const targetsMax = 1_000;

/** The client that every outgoing request goes through. Throws a RangeError when a network of the policy is malformed. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const limits = { ...defaultLimits, ...options.limits };
  // A malformed network has to stop the start, not the first request.
  networksOf(options.policy);
  const targets = createTargets(options.policy);
  const pools = openPools(options, limits);

  const dispatch = (request: HttpRequest, { origin, path }: Target, exchange: Exchange): void => {
    const over = (pool: Pool): void => void pool.dispatch(dispatchOptions(request, path, exchange), exchange);
    // Where one kept connection was dead, the next one may be, too.
    if (exchange.isRepeated) pools.once(origin, request.identity, over);
    else over(pools.of(origin, request.identity));
  };
  const send = (request: HttpRequest): Promise<HttpResult> =>
    new Promise((resolve) => {
      const startedMs = performance.now();
      const target = targets(request.url);
      if (!target.ok) return resolve(refusal(target, startedMs));
      const { signal } = request;
      const exchange = new Exchange(request, startedMs, {
        bodyBytesMax: request.bodyBytesMax ?? limits.bodyBytesMax,
        informationalMax: limits.informationalMax,
        dispatch: (handler) => dispatch(request, target, handler),
        settle(result) {
          signal?.removeEventListener("abort", cancel);
          resolve(result);
        },
      });
      const cancel = (): void => exchange.stop("aborted");
      if (signal?.aborted) return cancel();
      signal?.addEventListener("abort", cancel, { once: true });
      exchange.start();
    });
  return { send, close: pools.close };
}

function openPools(options: HttpClientOptions, limits: HttpLimits): Pools {
  const connectOptions = {
    ...limits,
    policy: options.policy,
    resolve: options.resolve ?? createResolver(limits.dnsTimeoutMs),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  };
  const anonymous = createConnector(connectOptions);
  return createPools(limits.originsMax, (origin, identity) =>
    openPool(origin, identity === undefined ? anonymous : createConnector(connectOptions, identity), limits),
  );
}

function openPool(origin: string, open: OpenConnection, limits: HttpLimits): Pool {
  return new Pool(origin, {
    factory: (url, options) => new Line(url, options, open, limits.connectionMsMax),
    connections: limits.socketsPerOriginMax,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: limits.keepAliveMs,
    // A receiver's own hint may shorten the time, never lengthen it.
    keepAliveMaxTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytesMax,
    // The request's own timeout covers all phases; two more timers for each request would only cost.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function dispatchOptions(request: HttpRequest, path: string, user: Exchange): LineDispatchOptions {
  const headers: string[] = [];
  let isNamed = false;
  for (const name of Object.keys(request.headers)) {
    const lower = name.toLowerCase();
    if (lower === "user-agent") isNamed = true;
    // Compressed answers could grow a thousandfold when somebody reads them.
    if (lower !== "accept-encoding") headers.push(name, request.headers[name] ?? "");
  }
  headers.push("accept-encoding", "identity");
  // Firewalls in front of receivers refuse requests that do not say what sends them.
  if (!isNamed) headers.push("user-agent", "Millrace");
  return {
    method: request.method,
    path,
    headers,
    body: request.body ?? null,
    user,
  };
}

function createTargets(policy: AddressPolicy): (url: string) => Target | UrlRefusal {
  const targetByUrl = new Map<string, Target>();
  return (text) => {
    const known = targetByUrl.get(text);
    if (known !== undefined) return known;
    const verdict = checkUrl(text, policy);
    if (!verdict.ok) return verdict;
    const { origin, pathname, search } = verdict.url;
    const target: Target = { ok: true, origin, path: `${pathname}${search}` };
    if (targetByUrl.size >= targetsMax) targetByUrl.clear();
    targetByUrl.set(text, target);
    return target;
  };
}

/** Codes of URLs that cannot be read, as against those that may not be reached. */
const unreadable = new Set(["url.malformed", "url.too_long", "url.characters"]);

function refusal(verdict: UrlRefusal, startedMs: number): HttpResult {
  return {
    ok: false,
    error: unreadable.has(verdict.code) ? "invalid_url" : "blocked",
    code: verdict.code,
    message: verdict.message,
    requestSent: false,
    phases: { total: elapsedSince(startedMs) },
  };
}
