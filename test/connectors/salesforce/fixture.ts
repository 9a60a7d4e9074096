// salesforce, for the conformance suite.
import { generateKeyPairSync } from "node:crypto";
import type { ConnectorFixture, Ending, FakeAnswer } from "../fixture.ts";

const id = "500Hs0000000001AAA";
const saved: FakeAnswer = { status: 201, body: { id, success: true, errors: [], created: true } };
const record = {
  attributes: { type: "Case", url: `/services/data/v66.0/sobjects/Case/${id}` },
  Id: id,
  Subject: "Cold",
};

function refusal(status: number, errorCode: string, fields: string[] = []): FakeAnswer {
  return { status, body: [{ errorCode, message: "Because.", fields }] };
}

function found(records: (typeof record)[]): FakeAnswer {
  return { body: { totalSize: records.length, done: true, records } };
}

const limitAs403 = { answer: refusal(403, "REQUEST_LIMIT_EXCEEDED"), ending: "quota_exhausted" } as const;
const failedIn200: { title: string; answer: FakeAnswer; ending: Ending } = {
  title: "a result that says it was not saved",
  answer: {
    body: { success: false, errors: [{ statusCode: "STRING_TOO_LONG", message: "Because.", fields: ["Subject"] }] },
  },
  ending: "validation",
};

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

export const salesforceFixture: ConnectorFixture = {
  connector: "salesforce",
  credentials: [
    { kind: "jwtBearer", credentials: { clientId: "3MVG9canary", username: "flows@example.com", privateKey } },
    {
      kind: "oauth2",
      credentials: {
        clientId: "3MVG9canary",
        clientSecret: "canary-salesforce-client-secret",
        loginUrl: "https://canary.my.salesforce.com",
      },
    },
  ],
  errors: {
    400: refusal(400, "MALFORMED_ID"),
    401: refusal(401, "INVALID_SESSION_ID"),
    403: refusal(403, "INSUFFICIENT_ACCESS"),
    404: refusal(404, "NOT_FOUND"),
  },
  actions: [
    {
      action: "createRecord",
      input: () => ({ object: "Case", fields: { Subject: "Cold" }, dedupe: { field: "Delivery_Id__c" } }),
      success: saved,
      errorsIn200: [failedIn200],
      limitAs403,
      reconcile: { found: found([record]), missing: found([]) },
    },
    {
      action: "updateRecord",
      input: () => ({ object: "Case", id, fields: { Subject: "Cold" } }),
      success: { status: 204, body: "" },
      limitAs403,
      // The answer has no content (204): whatever comes with a 2xx is not read.
      endings: { "truncated JSON": "ok", "10 MB": "ok" },
    },
    {
      action: "upsertByExternalId",
      input: () => ({
        object: "Case",
        externalIdField: "Event_Id__c",
        externalId: "evt_7/2",
        fields: { Subject: "Cold" },
      }),
      success: saved,
      errorsIn200: [failedIn200],
      limitAs403,
    },
    {
      action: "query",
      input: () => ({ soql: "SELECT Id, Subject FROM Case WHERE Subject = :subject", values: { subject: "Cold" } }),
      success: found([record]),
      limitAs403,
    },
    {
      action: "getRecord",
      input: () => ({ object: "Case", id, fields: ["Subject"] }),
      success: { body: record },
      limitAs403,
    },
  ],
};
