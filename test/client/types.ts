// What the compiler refuses of a client's caller. Never run: `npm run types` is the test.
import { createClient, type EventRow, type FlowView, type Run } from "../../client/index.ts";

const client = createClient({ url: "http://127.0.0.1:8080", apiKey: "mr_test_" });

export async function takesWhatRoutesTake(): Promise<[FlowView, Run | undefined, EventRow[]]> {
  const flow = await client.get("/v1/flows/{id}", { params: { id: "mine" } });
  const cancelled = await client.post("/v1/runs/{id}/cancel", { params: { id: "run_1" } });
  const events: EventRow[] = [];
  for await (const page of client.pages("/v1/events", { query: { limit: 10, type: "a" } })) events.push(...page);
  await client.get("/v1/runs");
  return [flow.body, cancelled.status === 202 ? undefined : cancelled.body, events];
}

export async function refusesWhatTheyDoNot(): Promise<void> {
  // @ts-expect-error: there is no such route.
  await client.get("/v1/nothing");
  // @ts-expect-error: the path has a parameter.
  await client.get("/v1/flows/{id}");
  // @ts-expect-error: the route has no such query field.
  await client.get("/v1/runs", { query: { colour: "red" } });
  // @ts-expect-error: a flow has steps.
  await client.post("/v1/flows", { body: { name: "Empty", on: { event: "a" } } });
  // @ts-expect-error: replacing needs If-Match.
  await client.put("/v1/flows/{id}", { params: { id: "mine" }, body: { name: "A", on: { event: "a" }, steps: [] } });
  // @ts-expect-error: one flow is no list.
  client.rows("/v1/flows/{id}", { params: { id: "mine" } });
}
