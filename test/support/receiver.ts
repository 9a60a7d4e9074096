// A real HTTP receiver on loopback: it keeps what it gets and answers as it is told.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

export type Received = {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage["headers"];
  rawHeaders: string[];
  body: Buffer;
  at: Date;
};

/** `hang`: takes the request and never answers. `reset`: breaks the connection instead of answering. */
export type Answer =
  { status?: number; headers?: Record<string, string | string[]>; body?: string | Buffer } | "hang" | "reset";
/** Called with each request and its number, from 0. */
export type Respond = (request: Received, index: number) => Answer | Promise<Answer>;

export type Receiver = {
  /** Without a trailing slash. */
  url: string;
  requests: Received[];
  /** A function, or answers in order, of which the last one repeats. */
  respond: (answers: Respond | Answer[]) => void;
  /** Resolves with the requests once there are at least this many; rejects after `timeoutMs` (10 s). */
  waitFor: (count: number, timeoutMs?: number) => Promise<Received[]>;
  [Symbol.asyncDispose]: () => Promise<void>;
};

export type ReceiverOptions = {
  /** `127.0.0.1` unless given. */
  host?: string;
  port?: number;
  /** Serves HTTPS. */
  tls?: { key: string; cert: string };
};

/** Starts a receiver that answers 200 with an empty body until `respond` says otherwise. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const host = options.host ?? "127.0.0.1";
  const requests: Received[] = [];
  const waiting = new Set<() => void>();
  let answerTo: Respond = () => ({});

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray());
    const { method = "", url: path = "", headers, rawHeaders } = request;
    const index = requests.push({ method, path, headers, rawHeaders, body, at: new Date() }) - 1;
    for (const check of waiting) check();
    const received = requests[index];
    if (received) send(response, await answerTo(received, index));
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // A sender that gives up in the middle is part of many tests.
    handle(request, response).catch(() => response.destroy());
  };
  const server = options.tls ? createSecureServer(options.tls, listener) : createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, host, resolve);
  });
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;

  return {
    url: `${options.tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    requests,
    respond(answers) {
      answerTo = typeof answers === "function" ? answers : (_, index) => answers[index] ?? answers.at(-1) ?? {};
    },
    waitFor(count, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          if (requests.length < count) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(requests);
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`The receiver has ${requests.length} of ${count} requests after ${timeoutMs} ms.`));
        }, timeoutMs);
        waiting.add(check);
        check();
      });
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.socket?.resetAndDestroy();
  response.writeHead(answer.status ?? 200, answer.headers ?? {});
  response.end(answer.body ?? "");
}
