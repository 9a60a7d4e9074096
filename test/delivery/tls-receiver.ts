// A receiver over TLS on loopback that tells whose certificate each request came with, and over which connection.
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions, TLSSocket } from "node:tls";
import { authority, serverPair } from "./tls-pairs.ts";

/** `client`: the name in the certificate that was shown; undefined when there was none. */
export type TlsRequest = { client: string | undefined; connection: number; isSessionReused: boolean; host: string };

export type TlsReceiver = {
  /** By the name `receiver.test`, which the test's resolver has to know. Without a trailing slash. */
  url: string;
  requests: TlsRequest[];
  /** How many connections stand at this moment. */
  open: () => number;
  /** Closes connections that no request uses. */
  closeIdle: () => void;
  [Symbol.asyncDispose]: () => Promise<void>;
};

/** Asks for a client's certificate of the tests' authority: mutual TLS. */
export const mutual: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: authority };

export async function startTlsReceiver(options: TlsOptions = {}): Promise<TlsReceiver> {
  const requests: TlsRequest[] = [];
  const connections = new Map<unknown, number>();
  const standing = new Set<unknown>();
  const server = createServer({ ...serverPair, ...options }, (request, response) => {
    // An HTTPS server's sockets are TLS sockets.
    const socket = request.socket as TLSSocket;
    requests.push({
      client: socket.getPeerCertificate().subject?.CN?.toString(),
      connection: connections.get(socket) ?? -1,
      isSessionReused: socket.isSessionReused(),
      host: request.headers.host ?? "",
    });
    response.end("ok");
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    connections.set(socket, connections.size);
    standing.add(socket);
    socket.once("close", () => standing.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://receiver.test:${port}`,
    requests,
    open: () => standing.size,
    closeIdle: () => server.closeIdleConnections(),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
