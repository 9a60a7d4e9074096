// The answer to a question that a failed run has asked: what follows when the record is there, and when it is missing?
import type { Flow } from "../../src/model/flow.ts";
import type { RunView } from "../support/app.ts";
import { startCard, type Card } from "./design-card.ts";

const flow: Flow = {
  slug: "create",
  name: "Create",
  on: { event: "review.created" },
  steps: [
    {
      id: "case",
      use: "salesforce.createRecord",
      connection: "salesforce",
      with: { object: "Case", fields: { Subject: "{{event.data.content}}" } },
    },
    {
      id: "tell",
      use: "slack.postMessage",
      connection: "slack",
      with: { channel: "#support", text: 'A case {{default steps.case.id "(see Salesforce)"}}' },
    },
  ],
};

/** A run that ended with the question. Whether the record was made depends on the fault. */
async function doubtfulRun(card: Card, fault: "apply-then-reset" | "reset"): Promise<RunView> {
  await card.connectBoth();
  await card.app.createFlow(flow);
  card.salesforce.fault = ({ method }) => (method === "POST" ? fault : undefined);
  const [id] = await card.review();
  const run = await card.app.run(id!);
  card.salesforce.fault = undefined;
  expect(run).toMatchObject({ status: "failed", failedStep: "case", error: { class: "ambiguous" } });
  return run;
}

async function retry(card: Card, run: RunView, from: string): Promise<RunView> {
  const answer = await card.app.call("POST", `/v1/runs/${run.id}/retry`, { from });
  expect(answer.status).toBe(201);
  return card.app.run(answer.body.id);
}

test("when the record is there, a retry from the next step makes no second one", async () => {
  await using card = await startCard();
  const first = await doubtfulRun(card, "apply-then-reset");
  const second = await retry(card, first, "tell");
  expect(second).toMatchObject({ status: "succeeded", output: { ok: true } });
  expect(card.cases()).toHaveLength(1);
  expect(card.slack.messages.map(({ text }) => text)).toEqual(["A case (see Salesforce)"]);
  const [step] = await card.app.steps(second.id);
  expect(step).toMatchObject({ status: "kept", keptFrom: { run: first.id, status: "passed" }, attempts: [] });
});

test("when it is missing, a retry from the step makes it", async () => {
  await using card = await startCard();
  const second = await retry(card, await doubtfulRun(card, "reset"), "case");
  expect(second.status).toBe("succeeded");
  expect(card.cases()).toHaveLength(1);
  expect(card.slack.messages.map(({ text }) => text)).toEqual([expect.stringMatching(/^A case 500/)]);
});
