// Where everything arrives: a receiver on loopback that writes down what it got, to the disk, before it says so.
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createGroupWriter } from "../../src/store/group-writer.ts";

export type Sink = {
  url: string;
  /** By event id, the `webhook-id` header of each request that brought it, in order. */
  received: ReadonlyMap<string, string[]>;
  close(): Promise<void>;
};

type Arrival = { id: string; webhookId: string };

/** Starts a sink that appends a line a request to the file. */
export async function startSink(file: string): Promise<Sink> {
  const received = new Map<string, string[]>();
  const log = await open(file, "a");
  const lines = createGroupWriter<Arrival, void>({
    write: async (arrivals) => {
      await log.appendFile(arrivals.map((one) => `${JSON.stringify(one)}\n`).join(""));
      await log.sync();
      for (const { id, webhookId } of arrivals) received.set(id, [...(received.get(id) ?? []), webhookId]);
      return arrivals.map(() => undefined);
    },
    itemsMax: 200,
    inFlightMax: 1,
  });
  const server = createServer((request, response) => {
    readArrival(request)
      .then((arrival) => lines.add(arrival))
      .then(() => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
      // A sender that was killed in the middle of its request.
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/sink`,
    received,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await lines.idle();
      await log.close();
    },
  };
}

async function readArrival(request: IncomingMessage): Promise<Arrival> {
  const body: unknown = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8"));
  // The envelope of the `standard` profile around the data that the generator publishes; anything else counts as foreign.
  const id = (body as { data?: { id?: unknown } } | null)?.data?.id;
  return { id: String(id), webhookId: String(request.headers["webhook-id"]) };
}
