// There is no machine-readable description of Salesforce's REST API, so the judge is the library that most programs speak
// it with: jsforce and the connector make the same calls to the same fake, and their requests have to be the same.
import jsforce from "jsforce";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { callerOf, clientOf } from "./call-salesforce.ts";
import { startFakeSalesforce } from "./fake-salesforce.ts";
import type { FakeRequest, FakeSalesforce } from "./fake-salesforce.ts";
import { textOf } from "./fake-soql.ts";

/** What is compared of a request. */
function essenceOf({ method, path, headers, body }: FakeRequest) {
  const { pathname, searchParams } = new URL(path, "http://fake");
  return {
    method,
    // Encodings of one path differ: ours also encodes what jsforce leaves to chance. Each query has a cursor of its own.
    path: decodeURIComponent(pathname).replace(/(?<=\/query\/)\w+/, "<cursor>"),
    query: Object.fromEntries(searchParams),
    body: body === "" ? undefined : (JSON.parse(body) as Json),
    type: body === "" ? undefined : headers["content-type"]?.split(";")[0],
    authorization: headers.authorization?.replace(/ .*/, " <token>"),
    duplicates: headers["sforce-duplicate-rule-header"],
  };
}

type Essence = ReturnType<typeof essenceOf>;
type Pair = {
  fake: FakeSalesforce;
  theirs: jsforce.Connection;
  ours: (action: string, input: JsonObject) => Promise<JsonObject>;
  /** Makes both calls, one after the other, and answers their requests. */
  requests: (
    theirs: () => Promise<unknown>,
    ours: () => Promise<unknown>,
  ) => Promise<{ theirs: Essence[]; ours: Essence[] }>;
  [Symbol.asyncDispose]: () => Promise<void>;
};

async function startPair(pageSize?: number): Promise<Pair> {
  const fake = await startFakeSalesforce(pageSize === undefined ? {} : { pageSize });
  const theirs = new jsforce.Connection({ instanceUrl: fake.url, accessToken: fake.issueToken(), version: "66.0" });
  const caller = callerOf("oauth2", clientOf(fake));
  return {
    fake,
    theirs,
    async ours(action, input) {
      const outcome = await caller.perform(action, input);
      if (!outcome.ok) throw new Error(outcome.failure.message);
      // Every output of this connector is an object.
      return outcome.output as JsonObject;
    },
    async requests(callTheirs, callOurs) {
      const start = fake.requests.length;
      await callTheirs();
      const middle = fake.requests.length;
      await callOurs();
      if (middle === start) throw new Error("jsforce sent nothing to compare with.");
      return {
        theirs: fake.requests.slice(start, middle).map(essenceOf),
        ours: fake.requests.slice(middle).map(essenceOf),
      };
    },
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

test("a create is what jsforce sends", async () => {
  await using pair = await startPair();
  const fields = { LastName: "Rossi & Söhne", Company: "Trattoria", Phone: null };
  const sent = await pair.requests(
    () => pair.theirs.sobject("Lead").create(fields),
    () => pair.ours("createRecord", { object: "Lead", fields }),
  );
  expect(sent.ours).toEqual(sent.theirs);
});

test("a create past a duplicate rule is what jsforce sends with the header of the documentation", async () => {
  await using pair = await startPair();
  const fields = { LastName: "Rossi", Company: "Trattoria" };
  const headers = { "Sforce-Duplicate-Rule-Header": "allowSave=true" };
  const sent = await pair.requests(
    () => pair.theirs.sobject("Lead").create(fields, { headers }),
    () => pair.ours("createRecord", { object: "Lead", fields, allowDuplicates: true }),
  );
  expect(sent.ours).toEqual(sent.theirs);
});

test("an update is what jsforce sends", async () => {
  await using pair = await startPair();
  pair.fake.org.create("Case", { Subject: "Cold food" }, true);
  const Id = textOf(pair.fake.org.records("Case")[0]?.["Id"]);
  const fields = { Status: "Escalated", Priority: "High" };
  const sent = await pair.requests(
    () => pair.theirs.sobject("Case").update({ Id, ...fields }),
    () => pair.ours("updateRecord", { object: "Case", id: Id, fields }),
  );
  expect(sent.ours).toEqual(sent.theirs);
});

test.each(["evt_7", "7 of 9", "7.b", "7'8"])(
  "an upsert by the external id %p is what jsforce sends",
  async (externalId) => {
    await using pair = await startPair();
    const fields = { Subject: "Cold food", Priority: "High" };
    const input = { object: "Case", externalIdField: "Event_Id__c", externalId, fields };
    for (const _ of ["creates", "changes"]) {
      const sent = await pair.requests(
        () => pair.theirs.sobject("Case").upsert({ ...fields, Event_Id__c: externalId }, "Event_Id__c"),
        () => pair.ours("upsertByExternalId", input),
      );
      expect(sent.ours).toEqual(sent.theirs);
    }
    expect(pair.fake.org.records("Case")).toHaveLength(1);
  },
);

test("an external id with a slash arrives as one from us, and as another path from jsforce, which does not encode it", async () => {
  await using pair = await startPair();
  const fields = { Subject: "Cold food" };
  await pair.ours("upsertByExternalId", { object: "Case", externalIdField: "Event_Id__c", externalId: "a/b", fields });
  await pair.theirs.sobject("Case").upsert({ ...fields, Event_Id__c: "a/b" }, "Event_Id__c");
  expect(pair.fake.org.records("Case").map((row) => row["Event_Id__c"])).toEqual(["a/b", "a"]);
});

test("a query and its further pages are what jsforce sends, and the records are the same", async () => {
  await using pair = await startPair(200);
  for (let index = 0; index < 450; index++) pair.fake.org.create("Case", { Subject: `it's ${index}` }, true);
  const soql = "SELECT Id, Subject FROM Case WHERE Priority = null AND Subject LIKE 'it\\'s %' ORDER BY CreatedDate";
  const found: { theirs: unknown[]; ours: Json } = { theirs: [], ours: [] };
  const sent = await pair.requests(
    async () => {
      let page = await pair.theirs.query(soql);
      found.theirs.push(...page.records);
      while (!page.done && page.nextRecordsUrl !== undefined) {
        page = await pair.theirs.queryMore(page.nextRecordsUrl);
        found.theirs.push(...page.records);
      }
    },
    async () => {
      const values = { like: "it's %" };
      const bound = soql.replace("'it\\'s %'", ":like");
      found.ours = (await pair.ours("query", { soql: bound, values, max: 2000 }))["records"] ?? [];
    },
  );
  expect(sent.ours).toEqual(sent.theirs);
  expect(found.theirs).toHaveLength(450);
  expect(found.ours).toEqual(found.theirs.map((record) => expect.objectContaining(withoutAttributes(record))));
});

test("reading a record is what jsforce sends, by its id and with chosen fields", async () => {
  await using pair = await startPair();
  pair.fake.org.create("Account", { Name: "Trattoria", Phone: "1" }, true);
  const id = textOf(pair.fake.org.records("Account")[0]?.["Id"]);
  const sent = await pair.requests(
    () => pair.theirs.sobject("Account").retrieve(id),
    () => pair.ours("getRecord", { object: "Account", id }),
  );
  expect(sent.ours).toEqual(sent.theirs);
  const chosen = await pair.requests(
    () => pair.theirs.sobject("Account").retrieve(id, { fields: ["Name", "Phone"] }),
    () => pair.ours("getRecord", { object: "Account", id, fields: ["Name", "Phone"] }),
  );
  expect(chosen.ours).toEqual(chosen.theirs);
});

test("a token by client credentials is asked for as jsforce asks for it", async () => {
  await using pair = await startPair();
  const { clientId, clientSecret = "" } = pair.fake.app;
  const oauth2 = new jsforce.OAuth2({ loginUrl: pair.fake.url, clientId, clientSecret });
  await oauth2.requestToken({ grant_type: "client_credentials" });
  await pair.ours("query", { soql: "SELECT Id FROM Case" });
  const [theirs, ours] = pair.fake.tokenRequests.map(({ method, headers, body }) => ({
    method,
    type: headers["content-type"]?.split(";")[0],
    form: Object.fromEntries(new URLSearchParams(body)),
  }));
  expect(ours).toEqual(theirs);
});

function withoutAttributes(record: unknown): object {
  // jsforce's records are objects.
  const { attributes: _, ...fields } = record as JsonObject;
  return fields;
}
