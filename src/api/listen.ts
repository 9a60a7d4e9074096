// How does the API listen? Limits against slow, large and endless requests, and an end that lets requests finish.
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { AppError } from "../model/errors.ts";
import { newId } from "../model/ids.ts";
import { problemHeaders, problemOf } from "./problem.ts";
import type { Api } from "./server.ts";

export type ApiServer = { url: string; port: number; close(): Promise<void> };

export type ServerLimits = {
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  checkIntervalMs: number;
  connectionsMax: number;
  /** How long requests may take to finish at the end. */
  closeMs: number;
};

const limitsDefault: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  checkIntervalMs: 1_000,
  connectionsMax: 4_096,
  closeMs: 10_000,
};
const headerBytesMax = 16 * 1024;
/** Idle connections are closed after this; longer than the 60 seconds of common load balancers, who must close first. */
const keepAliveMs = 65_000;
/** How often connections that have fallen idle are closed at the end. */
const idleCheckMs = 50;
/** A connection is closed after so many requests, so that load spreads again over the processes. */
const requestsPerSocketMax = 100_000;
/** More headers than are counted would be dropped silently; the API refuses above 100, so it must see one more. */
const headersCounted = 101;

/** Listens until `close`, which turns new work away, lets requests finish, and then ends what is left. */
export async function startServer(
  api: Api,
  options: { host: string; port: number; limits?: Partial<ServerLimits> },
): Promise<ApiServer> {
  const limits = { ...limitsDefault, ...options.limits };
  const answers = new WeakMap<Socket, ServerResponse>();
  const serve: RequestListener = (request, response) => {
    answers.set(request.socket, response);
    api.handler(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      keepAliveTimeout: keepAliveMs,
      // The API refuses a request without Host itself, with a problem document.
      requireHostHeader: false,
    },
    serve,
  );
  server.maxHeadersCount = headersCounted;
  server.maxRequestsPerSocket = requestsPerSocketMax;
  server.maxConnections = limits.connectionsMax;
  // The body is asked for when it is wanted: whoever is refused before never sends it.
  server.on("checkContinue", serve);
  server.on("clientError", (error: NodeJS.ErrnoException, duplex) => {
    const socket = duplex as Socket; // A server that listens on a port has no other streams.
    const answer = answers.get(socket);
    // An answer that has begun cannot be taken back, and a connection that is gone cannot be answered.
    const isAnswering = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (!socket.writable || isAnswering || error.code === "ECONNRESET") socket.destroy();
    else refuseUnreadable(error, socket, api.docsUrl);
  });
  await listen(server, options.host, options.port);
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return { url: urlOf(options.host, port), port, close: () => close(server, api, limits.closeMs) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

async function close(server: Server, api: Api, closeMs: number): Promise<void> {
  api.beginClosing();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose last request has just been answered is kept alive otherwise, and would hold up the end.
  const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
  const end = setTimeout(() => server.closeAllConnections(), closeMs);
  await closed;
  clearInterval(idle);
  clearTimeout(end);
}

/** Answers what the HTTP parser refuses, in the same form as everything else, and closes the connection. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket, docsUrl: string): void {
  const requestId = newId("req");
  const refusal = unreadable(error.code);
  const body = JSON.stringify(problemOf(refusal, requestId, docsUrl));
  const headers = {
    ...problemHeaders(refusal),
    "content-length": String(Buffer.byteLength(body)),
    "x-request-id": requestId,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refusal.status} ${refusal.code}\r\n${lines.join("")}\r\n${body}`);
}

function unreadable(code: string | undefined): AppError {
  if (code === "HPE_HEADER_OVERFLOW") {
    return new AppError("request.headers_too_large", {
      detail: `The headers are larger than ${headerBytesMax} bytes in all.`,
    });
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new AppError("request.timeout");
  return new AppError("request.malformed", { detail: "The request is not valid HTTP." });
}

function urlOf(host: string, port: number): string {
  // Nobody can call "every address": the URL is for people on this machine.
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
