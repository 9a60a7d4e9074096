// What is followed in memory misses no change: not while the stream is being opened, nor when a backup is put in its place.
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import mongoose from "mongoose";
import { createLog } from "../../src/log.ts";
import { newId, type EndpointId } from "../../src/model/ids.ts";
import { createChanges } from "../../src/store/changes.ts";
import { followStream } from "../../src/store/follow-stream.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";

const log = createLog("silent");
const settings = { url: "https://hooks.example.com/in", events: ["*"], profile: "standard" };

let database: string;
let store: Store;
beforeEach(async () => {
  database = uniqueName("changes");
  store = await openStore(testServers().mongodbUri, { database });
});
afterEach(() => store.close());

/** MongoDB behind a line on which everything takes its time. */
async function slowLine(delayMs: number) {
  const { hostname, port } = new URL(testServers().mongodbUri);
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from.on("error", () => to.destroy()).on("close", () => to.destroy()));
    from.on("data", (bytes) => setTimeout(() => to.write(bytes), delayMs));
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo; // It listens on TCP.
  return {
    uri: `mongodb://127.0.0.1:${own}/?directConnection=true`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function anEndpoint(): Promise<EndpointId> {
  const id = newId("ep");
  await store.endpoints.create(newId("tnt"), id, { settings, status: "enabled", sealed: "sealed" });
  return id;
}

test("a change right after everything was read is told, however slowly the stream was opened", async () => {
  await using line = await slowLine(150);
  const connection = mongoose.createConnection(line.uri, { dbName: database });
  await connection.asPromise();
  const changes = createChanges(() => connection.getClient().db(database));
  const id = await anEndpoint();
  let seen = 0;
  const read = async () => void (seen = (await store.endpoints.readAny(id))?.revision ?? 0);
  const followed = await followStream<EndpointId>({
    what: "endpoints",
    watch: (on) => changes.listen("endpoints", { error: on.error, change: () => on.change(id) }),
    readAll: read,
    read,
    log,
  });
  const before = await store.endpoints.readAny(id);
  await store.endpoints.update(before?.tenantId ?? "tnt_", id, undefined, { sealed: "another" });
  try {
    await until(() => seen === 2);
  } finally {
    await followed.close();
    await changes.close();
    await connection.close();
  }
  expect(seen).toBe(2);
});

test.each(["drop", "rename"] as const)("after a %s of the collection everything is read again", async (how) => {
  const connection = mongoose.createConnection(testServers().mongodbUri, { dbName: database });
  await connection.asPromise();
  await anEndpoint();
  let ids: EndpointId[] = [];
  const readAll = async () => {
    const found: EndpointId[] = [];
    for await (const row of store.endpoints.all()) found.push(row._id);
    ids = found;
  };
  const followed = await followStream<EndpointId>({
    what: "endpoints",
    watch: store.endpoints.watch,
    readAll,
    read: async () => undefined,
    log,
  });
  expect(ids).toHaveLength(1);
  try {
    const rows = connection.getClient().db(database).collection("endpoints");
    await (how === "drop" ? rows.drop() : rows.rename("endpointsBefore"));
    await until(() => ids.length === 0);
  } finally {
    await followed.close();
    await connection.close();
  }
  expect(ids).toEqual([]);
});
