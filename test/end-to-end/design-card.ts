// The design card's systems on loopback, and what its tests do by the API again and again: connections, flows, runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import type { Flow } from "../../src/model/flow.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { packageRoot } from "../../src/package-root.ts";
import {
  startFakeSalesforce,
  type FakeSalesforce,
  type FakeSalesforceOptions,
} from "../connectors/salesforce/fake-salesforce.ts";
import { startFakeSlack, type FakeSlack, type FakeSlackOptions } from "../connectors/slack/fake-slack.ts";
import { startApp, type RunView, type TestApp } from "../support/app.ts";

/** Made once: it takes longer than most tests. */
export const keyPair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
export const salesforceApp = { clientId: "3MVG9card", username: "flows@example.com" };

/** The gallery's flow, as it stands. */
export const galleryFlow = JSON.parse(
  readFileSync(join(packageRoot, "templates", "flows", "escalate-reviews.json"), "utf8"),
) as Flow; // A test of the gallery holds it to the schema.

export type Card = {
  app: TestApp;
  salesforce: FakeSalesforce;
  slack: FakeSlack;
  /** Makes a connection; fails the test when it is refused. Answers its id. */
  connect(connector: string, slug: string, credentials: JsonObject): Promise<string>;
  /** Makes the connections `salesforce` and `slack`. */
  connectBoth(): Promise<void>;
  credentials: { salesforce: JsonObject; slack: JsonObject };
  /** Publishes an event and answers its runs' ids. */
  review(data?: object, type?: string): Promise<string[]>;
  cases(): ReturnType<FakeSalesforce["org"]["records"]>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** An app beside both fakes. Nothing is connected and no flow is published yet. */
export async function startCard(
  options: {
    salesforce?: FakeSalesforceOptions;
    slack?: FakeSlackOptions;
    app?: Parameters<typeof startApp>[0];
    /** Where tokens come from, when that is not the fake itself. */
    loginUrl?: string;
  } = {},
): Promise<Card> {
  const [app, salesforce, slack] = await Promise.all([
    startApp(options.app),
    startFakeSalesforce({ app: { ...salesforceApp, publicKey: keyPair.publicKey }, ...options.salesforce }),
    startFakeSlack({ rate: "none", ...options.slack }),
  ]);
  const credentials = {
    salesforce: { ...salesforceApp, privateKey: keyPair.privateKey, loginUrl: options.loginUrl ?? salesforce.url },
    slack: { token: slack.token, apiUrl: slack.apiUrl },
  };
  const connect: Card["connect"] = async (connector, slug, given) => {
    const body = { connector, name: slug, slug, credentials: given };
    const made = await app.call("POST", "/v1/connections", body);
    if (made.status !== 201) throw new Error(`The connection was refused: ${JSON.stringify(made.body)}`);
    return made.body.id;
  };
  return {
    app,
    salesforce,
    slack,
    connect,
    credentials,
    async connectBoth() {
      await connect("salesforce", "salesforce", credentials.salesforce);
      await connect("slack", "slack", credentials.slack);
    },
    async review(data = {}, type = "review.created") {
      const given = { rating: 2, content: "Cold food", business_id: "biz_1", ...data };
      return (await app.publish({ type, data: given })).body.runs;
    },
    cases: () => salesforce.org.records("Case"),
    async [Symbol.asyncDispose]() {
      // The app first: its steps go on calling the fakes until it has stopped.
      await app[Symbol.asyncDispose]();
      await Promise.all([salesforce[Symbol.asyncDispose](), slack[Symbol.asyncDispose]()]);
    },
  };
}

/** All runs of these ids once they have ended. */
export function ended(app: TestApp, ids: string[]): Promise<RunView[]> {
  return Promise.all(ids.map((id) => app.run(id)));
}
