// The receiver of every delivery, in a process of its own so that its work is nobody's. Started with IPC: it sends its port
// first, then what arrived. `/hang` is never answered, until it is told to.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { clockMs } from "../clock.ts";
import type { Arrival, SinkOrder } from "./sink.ts";

let arrivals: Arrival[] = [];
let held: ServerResponse[] = [];
let isHanging = true;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const atMs = clockMs();
    const path = request.url ?? "";
    if (path === "/hang" && isHanging) held.push(response);
    else answer(response);
    const id = /"benchId":"([^"]+)"/.exec(Buffer.concat(chunks).toString("latin1"))?.[1] ?? "";
    if (arrivals.length === 0) setImmediate(tell);
    arrivals.push([id, path, atMs]);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", 1_024, () => {
  // A listening TCP server has an AddressInfo.
  process.send?.((server.address() as AddressInfo).port);
});

function answer(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": 2 }).end("{}");
}

/** What was read from the sockets in one turn is told together. */
function tell(): void {
  process.send?.(arrivals);
  arrivals = [];
}

process.on("message", (order: SinkOrder) => {
  isHanging = order === "hang";
  if (isHanging) return;
  for (const response of held) answer(response);
  held = [];
});
// The benchmark may be gone without a word.
process.on("disconnect", () => process.exit(0));
