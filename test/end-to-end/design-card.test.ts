// The design card's own example: a bad review opens a case in Salesforce and tells Slack of it, on connections that were
// made by the API, whatever happens to them.
import mongoose from "mongoose";
import type { Flow } from "../../src/model/flow.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { startApp, type RunView } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";
import { testServers, uniqueName } from "../support/servers.ts";
import { until } from "../support/wait.ts";
import { newKeyringEntry } from "../../src/vault/keyring.ts";
import { ended, galleryFlow, keyPair, salesforceApp, startCard, type Card } from "./design-card.ts";

jest.setTimeout(60_000);

/** The gallery's flow without Slack, whose channel takes one message a second. */
const caseOnly: Flow = { ...galleryFlow, slug: "case-only", steps: galleryFlow.steps.slice(0, 1), tests: [] };

const json = { "content-type": "application/json" };

/** The same flow with delays that a test can wait for. */
function withQuickRetries(flow: Flow): Flow {
  // The policy is the only member that differs.
  const steps = flow.steps.map((step) => ({ ...step, retry: { attempts: 8, first: "50ms", factor: 2 } }));
  return { ...flow, steps } as Flow;
}

/** As no route does it: a row that is gone, such as one of a database that was restored from a backup. */
async function removeConnection(database: string, slug: string): Promise<void> {
  const connection = await mongoose.createConnection(testServers().mongodbUri, { dbName: database }).asPromise();
  await connection.collection("connections").deleteOne({ slug });
  await connection.close();
}

/** The id of the one record that there is. */
function idOf(record: JsonObject | undefined): string {
  const id = record?.["Id"];
  if (typeof id !== "string") throw new Error("There is no such record.");
  return id;
}

const postsOf = ({ salesforce }: Card) => salesforce.requests.filter((one) => one.method === "POST");

describe("the flow of the gallery", () => {
  test("opens one case for a review of two stars, with the guide's fields, and one message that names it", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(galleryFlow);
    const [id] = await card.review({ business: { name: "Trattoria Rossi" } });
    expect(await card.app.run(id)).toMatchObject({ status: "succeeded" });
    const [made, ...others] = card.cases();
    expect(others).toEqual([]);
    expect(made).toMatchObject({
      Event_Id__c: expect.stringMatching(/^evt_/),
      Subject: "New Review: Trattoria Rossi",
      Description: "Cold food",
      Priority: "High",
      Origin: "Directory API",
      Status: "New",
    });
    expect(card.slack.messages).toHaveLength(1);
    expect(card.slack.messages[0]).toMatchObject({
      channel: "C0SUPPORT",
      text: expect.stringContaining(idOf(made)),
      blocks: [{ type: "section" }, { type: "context" }],
    });
    expect(card.salesforce.tokenRequests).toHaveLength(1);
  });

  test("does nothing for a review of five stars", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(galleryFlow);
    expect(await card.review({ rating: 5 })).toEqual([]);
    // One that is wanted, behind it: when that has ended, the other would have.
    const [id] = await card.review();
    await card.app.run(id);
    expect([card.cases().length, card.slack.messages.length]).toEqual([1, 1]);
  });

  test("opens no second case when the answer to the first one is lost", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(withQuickRetries(galleryFlow));
    card.salesforce.fault = (_request, index) => (index === 0 ? "apply-then-reset" : undefined);
    const [id] = await card.review();
    expect(await card.app.run(id)).toMatchObject({ status: "succeeded" });
    expect(card.salesforce.requests).toHaveLength(2);
    expect(card.cases()).toHaveLength(1);
  });
});

describe("a connection that cannot be used", () => {
  test("revoked: the step fails and says so, and after new credentials the run goes on from there", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(galleryFlow);
    await card.app.call("POST", "/v1/connections/slack/revoke", {});
    const [id] = await card.review();
    const failed = await card.app.run(id);
    expect(failed).toMatchObject({
      status: "failed",
      failedStep: "tell",
      error: { class: "auth_revoked", code: "connection_revoked" },
    });
    expect(failed.error?.message).toContain('"slack"');
    const rotated = await card.app.call("POST", "/v1/connections/slack/rotate", {
      credentials: card.credentials.slack,
    });
    expect(rotated.status).toBe(200);
    const retried = await card.app.call<RunView>("POST", `/v1/runs/${id}/retry`, {});
    expect(retried.status).toBe(201);
    expect(await card.app.run(retried.body.id)).toMatchObject({ status: "succeeded", retryOf: id });
    const steps = await card.app.steps(retried.body.id);
    expect(steps.map(({ path, status }) => [path, status])).toEqual([
      ["case", "kept"],
      ["tell", "succeeded"],
    ]);
    const [made, ...others] = card.cases();
    expect(others).toEqual([]);
    expect(card.slack.messages.map(({ text }) => text)).toEqual([expect.stringContaining(idOf(made))]);
    // The case was not even asked for again.
    expect(card.salesforce.requests).toHaveLength(1);
  });

  test("unknown: a flow that names it is not published, and one whose connection is gone fails clearly", async () => {
    const database = uniqueName("card");
    await using card = await startCard({ app: { database } });
    const created = await card.app.call("POST", "/v1/flows", galleryFlow);
    const refused = await card.app.call("POST", `/v1/flows/${created.body.id}/publish`, {});
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map(({ pointer }) => pointer)).toEqual(["/steps/0/connection", "/steps/1/connection"]);

    await card.connectBoth();
    await card.app.call("POST", `/v1/flows/${created.body.id}/publish`, {});
    await removeConnection(database, "salesforce");
    const [id] = await card.review();
    expect(await card.app.run(id)).toMatchObject({
      status: "failed",
      failedStep: "case",
      error: { class: "not_found", code: "connection_unknown" },
    });
    expect([card.salesforce.requests.length, card.slack.messages.length]).toEqual([0, 0]);
  });
});

describe("tokens", () => {
  test("twenty steps of two processes need one at once: it is asked for once, and all succeed", async () => {
    await using login = await startReceiver();
    const shared = { database: uniqueName("card"), taskQueue: uniqueName("card"), keyring: newKeyringEntry() };
    await using card = await startCard({
      app: shared,
      loginUrl: login.url,
      salesforce: { app: { ...salesforceApp, publicKey: keyPair.publicKey, audience: login.url } },
    });
    // The token's answer is kept back until all twenty runs are on their way, but not beyond the request's own limit.
    let areAllRunning = false;
    login.respond(async ({ path, headers, body }) => {
      await until(() => areAllRunning, 8_000).catch(() => undefined);
      const type = String(headers["content-type"]);
      const answer = await fetch(`${card.salesforce.url}${path}`, {
        method: "POST",
        headers: { "content-type": type },
        body: body.toString(),
      });
      return { status: answer.status, headers: json, body: await answer.text() };
    });
    await card.connect("salesforce", "salesforce", card.credentials.salesforce);
    await card.app.createFlow(caseOnly);
    await using second = await startApp(shared);
    // Each process carries out what it was given: half of the steps run in either.
    const given = { type: "review.created", data: { rating: 1, content: "Cold food" } };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? card.app : second).publish(given)),
    );
    const ids = answers.flatMap(({ body }) => body.runs);
    expect(ids).toHaveLength(20);
    await Promise.all(ids.map((id) => card.app.run(id, "running")));
    areAllRunning = true;
    const runs = await ended(card.app, ids);
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(["succeeded"]));
    expect([login.requests.length, card.cases().length]).toEqual([1, 20]);
  });

  test("a session that has expired is renewed once, however many steps run into it", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(caseOnly);
    await ended(card.app, await card.review());
    card.salesforce.revokeTokens();
    const ids = (await Promise.all(Array.from({ length: 10 }, () => card.review()))).flat();
    const runs = await ended(card.app, ids);
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(["succeeded"]));
    expect([card.salesforce.tokenRequests.length, card.cases().length]).toEqual([2, 11]);
    // No attempt was used up by it.
    const attempts = await Promise.all(ids.map(async (id) => (await card.app.steps(id))[0]?.attempts.length));
    expect(new Set(attempts)).toEqual(new Set([1]));
  });

  test("one that is taken away for good: steps wait, its owner is told, no run fails, all go on after the repair", async () => {
    await using owner = await startReceiver();
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(caseOnly);
    await card.app.createFlow({
      slug: "tell-the-owner",
      on: { event: "connection.reauth_required" },
      steps: [{ id: "tell", use: "webhook.post", with: { url: owner.url } }],
    });
    await ended(card.app, await card.review());
    card.salesforce.refuseApp(true);
    card.salesforce.revokeTokens();
    const ids = (await Promise.all(Array.from({ length: 5 }, () => card.review()))).flat();
    await until(async () => {
      const steps = await Promise.all(ids.map((id) => card.app.steps(id)));
      return steps.every(([step]) => step?.status === "waiting");
    }, 20_000);
    expect((await card.app.steps(ids[0]))[0]?.error).toMatchObject({
      class: "auth_revoked",
      code: "connection_reauth_required",
    });
    const [notice] = await owner.waitFor(1);
    expect(JSON.parse(notice?.body.toString() ?? "")).toMatchObject({
      type: "connection.reauth_required",
      data: { connection: { slug: "salesforce", connector: "salesforce" }, reason: expect.any(String) },
    });
    const shown = await card.app.call<{ status: string }>("GET", "/v1/connections/salesforce");
    expect(shown.body.status).toBe("reauth_required");
    const statuses = await Promise.all(
      ids.map(async (id) => (await card.app.call<RunView>("GET", `/v1/runs/${id}`)).body.status),
    );
    expect(new Set(statuses)).toEqual(new Set(["running"]));

    card.salesforce.refuseApp(false);
    const rotate = { credentials: card.credentials.salesforce };
    expect((await card.app.call("POST", "/v1/connections/salesforce/rotate", rotate)).status).toBe(200);
    const runs = await ended(card.app, ids);
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(["succeeded"]));
    expect(card.cases()).toHaveLength(6);
    // One notice, however many steps met the refusal.
    expect(owner.requests).toHaveLength(1);
  });
});

describe("a create whose connection is cut after Salesforce has made the record", () => {
  const create = (more: object, rest: object = {}): Flow =>
    ({
      slug: "create",
      name: "Create",
      schemaVersion: 1,
      on: { event: "review.created" },
      steps: [
        {
          id: "case",
          use: "salesforce.createRecord",
          connection: "salesforce",
          with: { object: "Case", fields: { Subject: "{{event.data.content}}" }, ...more },
          retry: { attempts: 4, first: "100ms", factor: 1 },
          ...rest,
        },
      ],
    }) as Flow;
  const cutFirst = (card: Card) => {
    card.salesforce.fault = (request) =>
      request.method === "POST" && postsOf(card).length === 1 ? "apply-then-reset" : undefined;
  };

  test("with a dedupe field the record is found, and there is one", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(create({ dedupe: { field: "Delivery_Id__c" } }));
    cutFirst(card);
    const [id] = await card.review();
    const run = await card.app.run(id);
    const [made, ...others] = card.cases();
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: "succeeded", output: { id: made?.["Id"] } });
    expect(postsOf(card)).toHaveLength(1);
  });

  test("without one the step fails with a question to a person, and there is one", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(create({}));
    cutFirst(card);
    const [id] = await card.review();
    const run = await card.app.run(id);
    expect(run).toMatchObject({ status: "failed", failedStep: "case", error: { class: "ambiguous" } });
    expect(run.error?.message).toContain("look in Salesforce");
    expect([postsOf(card).length, card.cases().length]).toEqual([1, 1]);
  });

  test("mutant: a step that says that a second time does no harm makes two", async () => {
    await using card = await startCard();
    await card.connectBoth();
    await card.app.createFlow(create({}, { onAmbiguous: "repeat" }));
    cutFirst(card);
    const [id] = await card.review();
    expect(await card.app.run(id)).toMatchObject({ status: "succeeded" });
    expect(card.cases()).toHaveLength(2);
  });
});
