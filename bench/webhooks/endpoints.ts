// Endpoints for the benchmarks, made through the API, and how their deliveries stand in the log.
import { MongoClient } from "mongodb";
import type { EndpointSettings } from "../../src/model/endpoint.ts";
import { untilTrue } from "../millrace.ts";
import { publish, type System } from "./systems.ts";

type Settings = Pick<EndpointSettings, "url" | "events"> & Partial<EndpointSettings>;

/** Makes an endpoint; answers its id. */
export async function makeEndpoint({ call }: Pick<System, "call">, settings: Settings): Promise<string> {
  const { status, body } = await call("POST", "/v1/endpoints", settings);
  if (status !== 201) throw new Error(`The endpoint was refused: ${JSON.stringify(body)}`);
  // What the route answers.
  return (body as { id: string }).id;
}

/** Resolves when events of this type go to so many endpoints. Each look is an event that goes to them. */
export function untilListening(system: Pick<System, "call">, type: string, endpoints: number): Promise<void> {
  return untilTrue(async () => (await publish(system, type, {})) === endpoints);
}

export type DeliveryLog = {
  /** How many deliveries of an endpoint there are, by status. */
  of(endpoint: string): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
};

/** Reads the log beside the engine: looking costs it nothing. */
export async function openDeliveryLog(mongodbUri: string): Promise<DeliveryLog> {
  const client = await new MongoClient(mongodbUri).connect();
  const deliveries = client.db().collection<{ endpointId: string; status: string }>("deliveries");
  return {
    async of(endpoint) {
      const rows = await deliveries
        .aggregate<{ _id: string; count: number }>([
          { $match: { endpointId: endpoint } },
          { $group: { _id: "$status", count: { $sum: 1 } } },
        ])
        .toArray();
      return new Map(rows.map(({ _id, count }) => [_id, count]));
    },
    close: () => client.close(),
  };
}
