// How does a program call Millrace? `createClient`: every route with its types, repeated safely, errors as one class.
import { unreadable } from "./error.ts";
import { bytePaths, type Operations } from "./operations.ts";
import { send, type Incoming, type Sending } from "./send.ts";

export { MillraceError } from "./error.ts";
export type * from "./operations.ts";

export type ClientOptions = {
  /** Where Millrace is, without `/v1`: `https://millrace.example.com`. */
  url: string;
  apiKey: string;
  /** Another `fetch`, for proxies and tests. */
  fetch?: typeof globalThis.fetch;
  /** How often reads, and POSTs under their Idempotency-Key, are repeated after 429, 502, 503, 504 or no answer. Default 3. */
  retries?: number;
  /** Longest that one try may take, in milliseconds. Default 30 000. */
  timeoutMs?: number;
};

type Methods = keyof Operations;
type Paths<Method extends Methods> = keyof Operations[Method] & string;

/** What every request may have beside what its route takes. */
type Common = {
  headers?: { [name: string]: string };
  signal?: AbortSignal;
  /** Of a POST: one is made when none is given. Give your own to repeat a request after a restart of your program. */
  idempotencyKey?: string;
};
type RequestOf<Operation> = Operation extends { request: infer Request } ? Request & Common : never;
/** The last argument may be left out where the route needs nothing. */
type Rest<Request> = Partial<Request> extends Request ? [request?: Request] : [request: Request];

/** An answer: `status` says which of the route's bodies it has. */
export type AnswerOf<Operation> = Operation extends { answers: infer Answers }
  ? {
      [Status in keyof Answers]: {
        status: Status;
        body: Answers[Status];
        /** The version of what was answered, for `If-Match`. */
        etag: string | undefined;
        headers: Headers;
      };
    }[keyof Answers]
  : never;

type Call<Method extends Methods> = <Path extends Paths<Method>>(
  path: Path,
  ...rest: Rest<RequestOf<Operations[Method][Path]>>
) => Promise<AnswerOf<Operations[Method][Path]>>;

type PageOf<Operation> = Operation extends { answers: { 200: { data: (infer Row)[]; nextCursor: string | null } } }
  ? Row
  : never;
type ListPaths = {
  [Path in Paths<"get">]: PageOf<Operations["get"][Path]> extends never ? never : Path;
}[Paths<"get">];
type RowOf<Path extends ListPaths> = PageOf<Operations["get"][Path]>;

export type Client = { [Method in Methods]: Call<Method> } & {
  /** The pages of a list, each asked for when the one before has been used. */
  pages<Path extends ListPaths>(
    path: Path,
    ...rest: Rest<RequestOf<Operations["get"][Path]>>
  ): AsyncGenerator<RowOf<Path>[], void, undefined>;
  /** The rows of a list, over all its pages. */
  rows<Path extends ListPaths>(
    path: Path,
    ...rest: Rest<RequestOf<Operations["get"][Path]>>
  ): AsyncGenerator<RowOf<Path>, void, undefined>;
};

/** A request as the routes' types leave it: the implementation is the same for all of them. */
type AnyRequest = Common & {
  params?: { [name: string]: string };
  query?: { [name: string]: string | number | boolean | undefined };
  body?: unknown;
};
type AnyAnswer = { status: number; body: unknown; etag: string | undefined; headers: Headers };

/** Every method that a route has; the compiler says which one is missing. */
const methods: { [Method in Methods]: true } = {
  get: true,
  post: true,
  put: true,
  patch: true,
  delete: true,
};

/** A client of one Millrace for one API key. Its calls reject with MillraceError. */
export function createClient({ url, apiKey, fetch, retries = 3, timeoutMs = 30_000 }: ClientOptions): Client {
  // Looked up at each call: programs and tests replace it.
  const sending: Sending = { retries, timeoutMs, fetch: fetch ?? ((...args) => globalThis.fetch(...args)) };
  const base = url.replace(/\/+$/, "");

  const call = async (method: string, path: string, request: AnyRequest = {}): Promise<AnyAnswer> => {
    const { params, query, body, headers, signal, idempotencyKey } = request;
    const key = method === "post" ? (idempotencyKey ?? newKey()) : undefined;
    const incoming = await send(
      {
        url: `${base}${pathOf(path, params)}${searchOf(query)}`,
        method: method.toUpperCase(),
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(key === undefined ? {} : { "idempotency-key": key }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        repeatable: method === "get" || key !== undefined,
        signal,
      },
      sending,
    );
    const { status, headers: answered } = incoming;
    const answer = bytePaths.includes(path) ? new Uint8Array(incoming.bytes) : bodyOf(incoming);
    return { status, body: answer, etag: answered.get("etag") ?? undefined, headers: answered };
  };

  async function* pages(path: string, request: AnyRequest = {}): AsyncGenerator<unknown[], void, undefined> {
    let query = request.query ?? {};
    while (true) {
      const { status, body } = await call("get", path, { ...request, query });
      // Anything else would be asked for without an end.
      if (!isPage(body)) throw unreadable(status);
      const { data, nextCursor } = body;
      yield data;
      if (nextCursor === null) return;
      query = { ...query, cursor: nextCursor };
    }
  }

  async function* rows(path: string, request?: AnyRequest): AsyncGenerator<unknown, void, undefined> {
    for await (const page of pages(path, request)) yield* page;
  }

  const methodCalls = Object.keys(methods).map((method) => [
    method,
    (path: string, request?: AnyRequest) => call(method, path, request),
  ]);
  // Safe: the API answers what its own document says, which the types were made from.
  return { ...Object.fromEntries(methodCalls), pages, rows } as unknown as Client;
}

/** 128 random bits. Browsers have `randomUUID` on pages of HTTPS only, and Millrace may be reached without. */
function newKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The path with its parameters filled in. Throws TypeError for one that is missing, or would lead to another route. */
function pathOf(path: string, params: AnyRequest["params"] = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === "" || value === "." || value === "..") {
      throw new TypeError(`The parameter ${name} of ${path} cannot be ${JSON.stringify(value)}.`);
    }
    return encodeURIComponent(value);
  });
}

function searchOf(query: AnyRequest["query"] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return given.length === 0 ? "" : `?${String(new URLSearchParams(Object.fromEntries(given)))}`;
}

function isPage(body: unknown): body is { data: unknown[]; nextCursor: string | null } {
  if (typeof body !== "object" || body === null || !("data" in body) || !("nextCursor" in body)) return false;
  return Array.isArray(body.data) && (body.nextCursor === null || typeof body.nextCursor === "string");
}

/** JSON parsed, anything else as text; undefined when there is nothing. Throws MillraceError for JSON that is none. */
function bodyOf({ status, headers, bytes }: Incoming): unknown {
  if (bytes.byteLength === 0) return undefined;
  const text = new TextDecoder().decode(bytes);
  if (headers.get("content-type")?.includes("json") !== true) return text;
  try {
    // What it parses to is what the route's document says.
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unreadable(status, cause);
  }
}
