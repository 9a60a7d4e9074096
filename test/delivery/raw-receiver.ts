// A receiver on loopback that does with each connection what a test says: what no HTTP server would let it do.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsOptions, TLSSocket } from "node:tls";

export type RawReceiver = {
  /** Without a trailing slash. */
  url: string;
  port: number;
  /** Connections that were made, closed ones too. */
  sockets: Socket[];
  [Symbol.asyncDispose]: () => Promise<void>;
};

/** Starts it on a free port, or on the one that is given. Over TLS the sockets are those inside it. */
export async function startRaw(
  onSocket: (socket: Socket, index: number) => void,
  options: { port?: number; tls?: TlsOptions } = {},
): Promise<RawReceiver> {
  const sockets: Socket[] = [];
  const underneath = new Set<Socket>();
  const accept = (socket: Socket | TLSSocket): void => {
    const index = sockets.push(socket) - 1;
    socket.on("error", () => undefined);
    onSocket(socket, index);
  };
  const server: Server = options.tls
    ? createTlsServer(options.tls)
        .on("secureConnection", accept)
        .on("tlsClientError", () => undefined)
    : createServer(accept);
  server.on("connection", (socket: Socket) => underneath.add(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    sockets,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of underneath) socket.destroy();
      await closed;
    },
  };
}

/** Answers the first bytes of each connection with a text. */
export const answering =
  (text: string) =>
  (socket: Socket): void =>
    void socket.once("data", () => socket.write(text));

/** Writes a piece every few milliseconds for as long as the connection stands. */
export function drip(socket: Socket, piece: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.once("close", () => clearInterval(timer));
}

/** Writes a piece as fast as the other side reads, until the connection ends or as many bytes are written. */
export function pour(socket: Socket, piece: string | Buffer, bytesMax = Infinity): void {
  const more = (): void => {
    while (!socket.destroyed && socket.bytesWritten < bytesMax && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}
