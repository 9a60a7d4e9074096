// Where could a secret of an endpoint have been left? What the API answers about webhooks, and what Temporal remembers.
import { Client, Connection } from "@temporalio/client";
import { testServers } from "../../../support/servers.ts";
import { textOf, type Get, type Place } from "../../canary/search.ts";

/** The whole history of each workflow of a task queue, its payloads decoded, with how it is listed. */
export async function textsOfQueue(taskQueue: string): Promise<Place[]> {
  const { temporalAddress: address, temporalNamespace: namespace } = testServers();
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection, namespace });
    const places: Place[] = [];
    for await (const { workflowId, runId, memo, searchAttributes, type } of workflow.list({
      query: `TaskQueue = "${taskQueue}"`,
    })) {
      const history = await workflow.getHandle(workflowId, runId).fetchHistory();
      places.push({
        where: `history ${type} ${workflowId}`,
        text: textOf([workflowId, memo, searchAttributes, history]),
      });
    }
    return places;
  } finally {
    await connection.close();
  }
}

type Id = { id: string };
const dialects = ["bakhmach", "hub", "brainsait", "directory", "aqio"];

/** What the API answers about endpoints and deliveries to who may read everything: lists, and each thing by itself. */
export async function textsOfWebhookApi(get: Get): Promise<Place[]> {
  const places: Place[] = [];
  const read = async (path: string): Promise<unknown> => {
    const { status, body } = await get(path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}.`);
    places.push({ where: `GET ${path}`, text: textOf(body) });
    return body;
  };
  const list = async (path: string): Promise<Id[]> => {
    const rows: Id[] = [];
    for (let cursor = ""; ;) {
      // The shape of every list of the API.
      const page = (await read(`${path}?limit=100${cursor}`)) as { data: Id[]; nextCursor: string | null };
      rows.push(...page.data);
      if (page.nextCursor === null) return rows;
      cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    }
  };
  for (const { id } of await list("/v1/endpoints")) {
    for (const rest of ["", "/deliveries", "/secrets", "/public-keys", "/stats"])
      await read(`/v1/endpoints/${id}${rest}`);
    await read(`/v1/webhooks/${id}`);
    await read(`/api/v1/webhooks/${id}/deliveries`);
  }
  for (const { id } of await list("/v1/deliveries")) await read(`/v1/deliveries/${id}`);
  for (const { id } of await list("/v1/events")) await read(`/v1/events/${id}`);
  for (const path of ["/v1/dead-letters", "/v1/endpoints/export", "/v1/delivery-recoveries"]) await list(path);
  for (const path of ["/v1/profiles", "/v1/stats", "/v1/stats/endpoints", "/v1/settings/webhooks"]) await read(path);
  for (const dialect of dialects) await read(`/v1/webhooks?profile=${dialect}`);
  return places;
}
