// One connection of each kind of authentication, each with secrets that are made up, and a step that uses it.
import type { JsonObject } from "../../../src/model/json.ts";
import { keyPair } from "../design-card.ts";
import { faultNames, type FaultName } from "../../connectors/fault-matrix.ts";

/**
 * `worded`: an error in the vendor's own words, with the whole request in them. `cut`: with the credentials at a place where
 * a message that is shown only in part ends in the middle of them.
 */
export type Row = FaultName | "worded" | "cut";
export const rows: readonly Row[] = [...faultNames, "worded", "cut"];

export type Vendor = "plain" | "slack" | "slackHook" | "salesforce";

/** `{{event.data.mark}}` says which row the receiver plays; `{{event.data.url}}` is where it is. */
export type Kind = {
  name: string;
  vendor: Vendor;
  use: string;
  connector: string;
  /** Absent: without a connection, signed with the tenant's own secret. */
  credentials?: JsonObject;
  with: JsonObject;
  rows: readonly Row[];
};

export const canaries = {
  bearer: "canary+bearer/token=7f3a91",
  password: "canary: pass word & 100% ü 5b21",
  apiKey: "canary-api-key-header-0c9d12",
  queryKey: "canary+api/key=query&3e81",
  clientSecret: "canary-client-secret~!*4d20",
  slackToken: "xoxb-0000000000-canary-slack-9a17",
  slackHook: "canary-slack-hook-8b3c6e77",
  salesforceSecret: "canary-salesforce-secret-6e55",
  refusedSecret: "canary-refused-secret~!*&1d7b",
  signing: Buffer.from("canary-signing-secret-2c4e-0123456789").toString("base64"),
} as const;

/** A line of the key is enough to know it by. */
export const keyLine = keyPair.privateKey.split("\n")[7] ?? "";

const exceptLimits = rows.filter((row) => !row.startsWith("429"));
const limitRows = rows.filter((row) => row.startsWith("429"));

/** `vendor` and `login` are addresses without a trailing slash; nobody listens at `dead`. */
export function kindsAt({ vendor, login, dead }: { vendor: string; login: string; dead: string }): Kind[] {
  const http = (name: string, credentials: JsonObject): Kind => ({
    name: `http-${name}`,
    vendor: "plain",
    use: "http.request",
    connector: "http",
    credentials,
    with: { method: "POST", url: "{{event.data.url}}", body: { mark: "{{event.data.mark}}" } },
    rows,
  });
  const oauth = { tokenUrl: `${login}/token`, clientId: "canary-app" };
  const assertion = { issuer: "app", subject: "ann@example.com", audience: login, privateKey: keyPair.privateKey };
  const hook = (name: string, url: string, played: readonly Row[]): Kind => ({
    name: `slack-hook${name}`,
    vendor: "slackHook",
    use: "slack.postMessage",
    connector: "slack",
    credentials: { webhookUrl: `${url}/services/T0/B0/${canaries.slackHook}` },
    with: { text: "{{event.data.mark}}" },
    rows: played,
  });
  const slack = (name: string, url: string, played: readonly Row[]): Kind => ({
    name: `slack-token${name}`,
    vendor: "slack",
    use: "slack.postMessage",
    connector: "slack",
    credentials: { token: canaries.slackToken, apiUrl: `${url}/api` },
    with: { channel: "{{event.data.mark}}", text: "Hello" },
    rows: played,
  });
  const beforeSending: Row[] = ["reset before sending"];
  const afterwards = (played: readonly Row[]) => played.filter((row) => row !== "reset before sending");
  return [
    http("bearer", { token: canaries.bearer }),
    http("basic", { username: "ann", password: canaries.password }),
    http("api-key", { key: canaries.apiKey }),
    http("query-key", { key: canaries.queryKey, name: "key", in: "query" }),
    http("oauth2", { ...oauth, clientSecret: canaries.clientSecret }),
    http("jwt", { tokenUrl: oauth.tokenUrl, ...assertion }),
    slack("", vendor, afterwards(rows)),
    slack("-dead", dead, beforeSending),
    hook("", vendor, afterwards(exceptLimits)),
    hook("-dead", dead, beforeSending),
    // A limit holds back all that is posted by the same address.
    ...limitRows.map((row, index) => hook(`-limit${index}`, vendor, [row])),
    {
      name: "salesforce-jwt",
      vendor: "salesforce",
      use: "salesforce.upsertByExternalId",
      connector: "salesforce",
      credentials: { clientId: "app", username: "ann@example.com", privateKey: keyPair.privateKey, loginUrl: login },
      with: {
        object: "Case",
        externalIdField: "Event_Id__c",
        externalId: "{{event.data.mark}}",
        fields: { Subject: "x" },
      },
      rows: afterwards(rows),
    },
    {
      name: "salesforce-secret",
      vendor: "salesforce",
      use: "salesforce.createRecord",
      connector: "salesforce",
      credentials: { clientId: "app", clientSecret: canaries.salesforceSecret, loginUrl: login },
      with: { object: "Case", fields: { Subject: "{{event.data.mark}}" }, dedupe: { field: "Delivery_Id__c" } },
      rows: afterwards(rows),
    },
    {
      name: "webhook-connection",
      vendor: "plain",
      use: "webhook.post",
      connector: "webhook",
      credentials: { secret: `whsec_${canaries.signing}` },
      with: { url: "{{event.data.url}}", body: { mark: "{{event.data.mark}}" } },
      rows,
    },
    {
      name: "webhook-tenant",
      vendor: "plain",
      use: "webhook.post",
      connector: "webhook",
      with: { url: "{{event.data.url}}", body: { mark: "{{event.data.mark}}" } },
      rows,
    },
    // The token endpoint repeats what it was sent, and refuses it, or fails; `cuts` as above.
    ...["refuses", "fails", "cuts"].map((name) => ({
      ...http(`token-${name}`, { ...oauth, tokenUrl: `${login}/${name}`, clientSecret: canaries.refusedSecret }),
      rows: ["401 always"] as const,
    })),
  ];
}

/** Whether the step ends by itself. The others wait for the connection's owner, or for its token. */
export function isEnding({ connector, name }: Kind, row: Row): boolean {
  if (name.startsWith("http-token-")) return false;
  if (connector === "slack") return row !== "401 once" && row !== "401 always";
  return connector !== "salesforce" || row !== "401 always";
}
