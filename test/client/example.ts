// Saves a flow, publishes it and an event, and looks at what became of it.
import { createClient, MillraceError } from "../../client/index.ts";

export async function tellAboutBigOrders(millraceUrl: string, apiKey: string, hookUrl: string) {
  const millrace = createClient({ url: millraceUrl, apiKey });

  const created = await millrace.post("/v1/flows", {
    body: {
      name: "Big orders",
      on: { event: "order.created" },
      filter: { ">=": [{ var: "event.data.total" }, 100] },
      steps: [{ id: "tell", use: "webhook.post", with: { url: hookUrl } }],
    },
  });
  const { id } = created.body;
  await millrace.post("/v1/flows/{id}/publish", { params: { id } });

  // The order's own id: the event is one, however often this program runs.
  const { body: accepted } = await millrace.post("/v1/events", {
    body: { id: "order-1", type: "order.created", data: { total: 250, customer: "Ann" } },
  });

  try {
    const draft = { ...created.body.draft, name: "Orders of 100 and more" };
    await millrace.put("/v1/flows/{id}", { params: { id }, headers: { "if-match": created.etag ?? "" }, body: draft });
  } catch (error) {
    // Publishing has changed the flow since it was created: look at it again before writing over it.
    if (!(error instanceof MillraceError) || error.code !== "precondition.failed") throw error;
  }

  const runs: string[] = [];
  for await (const run of millrace.rows("/v1/runs", { query: { flow: id } })) runs.push(run.id);
  return { accepted, runs };
}
