// The bare sender that Millrace is measured beside: takes events over HTTP, commits them in groups to the journals of the same
// MongoDB, signs by Standard Webhooks, posts with the same client and options, and writes the attempts in groups. Nothing else:
// no keys, no checks, no filters, no limits, no retries. Shares no code with what it is measured beside.
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { MongoClient, type Document } from "mongodb";
import { Pool } from "undici";

const [, , mongodbUri = "", target = ""] = process.argv;
const { origin, pathname } = new URL(target);

const mongo = new MongoClient(mongodbUri, { maxPoolSize: 20, writeConcern: { w: "majority", j: true } });
await mongo.connect();
const db = mongo.db("bare");
const events = createGroups("events", 100);
const attempts = createGroups("attempts", 200);
const pool = new Pool(origin, {
  connections: 64,
  pipelining: 1,
  allowH2: false,
  keepAliveTimeout: 4_000,
  keepAliveMaxTimeout: 4_000,
  headersTimeout: 0,
  bodyTimeout: 0,
});
const key = randomBytes(24);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    // The benchmark sends nothing else.
    const event = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { type: string; data: unknown };
    void accept(event).then((id) => {
      const answer = JSON.stringify({ id, duplicate: false });
      response
        .writeHead(202, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) })
        .end(answer);
    });
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", 1_024, () => {
  // A listening TCP server has an AddressInfo.
  process.send?.((server.address() as AddressInfo).port);
});

async function accept({ type, data }: { type: string; data: unknown }): Promise<string> {
  const id = `evt_${randomUUID()}`;
  const receivedAt = new Date();
  const text = JSON.stringify(data);
  await events.add({ _id: id, type, receivedAt, data: text });
  void send(id, `{"type":${JSON.stringify(type)},"timestamp":"${receivedAt.toISOString()}","data":${text}}`);
  return id;
}

async function send(id: string, body: string): Promise<void> {
  const startedAt = new Date();
  const seconds = Math.floor(startedAt.getTime() / 1_000);
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  const answer = await pool.request({
    method: "POST",
    path: pathname,
    headers: {
      "content-type": "application/json",
      "user-agent": "bare",
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": `v1,${signature}`,
    },
    body,
  });
  await answer.body.dump();
  const durationMs = Date.now() - startedAt.getTime();
  await attempts.add({ _id: `${id}/1`, event: id, number: 1, startedAt, durationMs, status: answer.statusCode });
}

/** Inserts in groups: what comes while two groups are on their way goes with the next one. */
function createGroups(collection: string, itemsMax: number): { add(document: Document): Promise<void> } {
  const waiting: { document: Document; resolve(): void; reject(error: unknown): void }[] = [];
  let inFlight = 0;
  let scheduled = false;
  return { add };

  function add(document: Document): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ document, resolve, reject });
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    });
  }
  function flush(): void {
    scheduled = false;
    while (waiting.length > 0 && inFlight < 2) void write(waiting.splice(0, itemsMax));
  }
  async function write(group: typeof waiting): Promise<void> {
    inFlight++;
    try {
      const documents = group.map((one) => one.document);
      const concern = { w: "majority", j: true };
      await db.command({ insert: collection, documents, ordered: false, writeConcern: concern });
      for (const one of group) one.resolve();
    } catch (error) {
      for (const one of group) one.reject(error);
    }
    inFlight--;
    flush();
  }
}

// A sender that cannot write is nothing to be measured beside.
process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});
process.on("SIGTERM", () => process.exit(0));
process.on("disconnect", () => process.exit(0));
