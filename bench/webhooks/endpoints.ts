// Endpoints for the benchmarks, and how their deliveries stand, read beside the engine so that looking costs it nothing.
import { MongoClient } from "mongodb";
import { createEndpointDesk } from "../../src/endpoint/desk.ts";
import { watchProfiles } from "../../src/endpoint/profiles.ts";
import { createLog } from "../../src/log.ts";
import type { EndpointSettings } from "../../src/model/endpoint.ts";
import { newId, type EndpointId } from "../../src/model/ids.ts";
import { openStore } from "../../src/store/store.ts";
import { parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";

export type BenchEndpoints = {
  make(settings: Pick<EndpointSettings, "url" | "events"> & Partial<EndpointSettings>): Promise<EndpointId>;
  /** How many deliveries of an endpoint are in the log, by status. */
  deliveriesOf(endpoint: EndpointId): Promise<ReadonlyMap<string, number>>;
  /** How many attempts an endpoint's deliveries have had. */
  attemptsOf(endpoint: EndpointId): Promise<number>;
  close(): Promise<void>;
};

/** Works on the database of an engine that has this keyring. */
export async function openEndpoints(mongodbUri: string, keyring: string): Promise<BenchEndpoints> {
  const store = await openStore(mongodbUri);
  const profiles = await watchProfiles({ profiles: store.profiles, log: createLog("warn") });
  const tenantId = await store.tenants.ensureBootstrap("default");
  const desk = createEndpointDesk({
    endpoints: store.endpoints,
    vault: createVault(parseKeyring(keyring)),
    policy: { allowHttp: true, allowNetworks: ["127.0.0.0/8"] },
    profiles,
    nowMs: store.nowMs,
  });
  const client = await new MongoClient(mongodbUri).connect();
  const deliveries = client.db().collection<{ endpointId: string; status: string; attempts: unknown[] }>("deliveries");
  return {
    async make(settings) {
      const made = await desk.create(tenantId, newId("ep"), settings);
      if (made.outcome !== "made") throw new Error(`The endpoint was refused: ${JSON.stringify(made)}`);
      return made.endpoint.id;
    },
    async deliveriesOf(endpoint) {
      const rows = await deliveries
        .aggregate<{ _id: string; count: number }>([
          { $match: { endpointId: endpoint } },
          { $group: { _id: "$status", count: { $sum: 1 } } },
        ])
        .toArray();
      return new Map(rows.map(({ _id, count }) => [_id, count]));
    },
    async attemptsOf(endpoint) {
      const rows = await deliveries
        .aggregate<{ count: number }>([
          { $match: { endpointId: endpoint } },
          { $group: { _id: null, count: { $sum: { $size: "$attempts" } } } },
        ])
        .toArray();
      return rows[0]?.count ?? 0;
    },
    async close() {
      await client.close();
      await profiles.close();
      await store.close();
    },
  };
}
