// Where everything arrives: a loopback HTTP receiver that tells when each id came.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Sink = {
  url: string;
  /** Resolves with the time of arrival (`performance.now()`) of the request whose body holds this id. */
  arrival(id: string): Promise<number>;
  close(): Promise<void>;
};

/** Starts a sink. The id is found in the body as `"id":"…"`. */
export async function startSink(): Promise<Sink> {
  const waiting = new Map<string, (at: number) => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const at = performance.now();
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
      const id = /"benchId":"([^"]+)"/.exec(Buffer.concat(chunks).toString("utf8"))?.[1] ?? "";
      waiting.get(id)?.(at);
      waiting.delete(id);
    });
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/sink`,
    arrival: (id) => new Promise((resolve) => waiting.set(id, resolve)),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
