// The receiver of the executor's benchmark, in a process of its own so that its work is nobody's: started with IPC, it
// sends its port. It answers as Slack does, and everybody else with a small object.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const posted = JSON.stringify({
  ok: true,
  channel: "C0BENCH",
  ts: "1503435956.000247",
  message: { type: "message", bot_id: "B0BENCH", text: "A review with 2 of 5 stars", ts: "1503435956.000247" },
});
const taken = JSON.stringify({ id: "7", status: "taken" });

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const body = request.url === "/api/chat.postMessage" ? posted : taken;
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  // A listening TCP server has an AddressInfo.
  process.send?.((server.address() as AddressInfo).port);
});
// The benchmark may be gone without a word.
process.on("disconnect", () => process.exit(0));
