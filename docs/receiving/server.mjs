// A whole receiver in Node.js: verifies, answers at once, and does the work once, afterwards.
import { createServer } from "node:http";
import { isGenuine } from "./verify.mjs";

const secrets = process.env.WEBHOOK_SECRET.split(",");
const bodyBytesMax = 1024 * 1024;

// In your program a table with a unique key: what is only in memory is forgotten by a restart.
const seen = new Set();
const queue = [];

const server = createServer((request, response) => {
  receive(request, response).catch(() => response.writeHead(500).end());
});

async function receive(request, response) {
  const body = await readBody(request);
  if (body === undefined) return response.writeHead(413).end();
  if (!isGenuine(secrets, request.headers, body)) return response.writeHead(401).end();
  const id = request.headers["webhook-id"];
  if (!seen.has(id)) {
    // Remember it together with the work, before the answer: what has been answered does not come again.
    seen.add(id);
    queue.push({ id, event: JSON.parse(body) });
  }
  response.writeHead(200).end();
  setImmediate(work);
}

async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function work() {
  for (const { id, event } of queue.splice(0)) console.log(id, event.type, event.data);
}

server.listen(Number(process.env.PORT ?? 4001), "127.0.0.1", () => {
  console.log(`Receiving at http://127.0.0.1:${server.address().port}`);
});
