// Salesforce's actions, over real HTTP, against an organization that keeps records and refuses what Salesforce refuses.
import { callerOf, clientOf } from "./call-salesforce.ts";
import type { Caller } from "./call-salesforce.ts";
import { startFakeSalesforce } from "./fake-salesforce.ts";
import type { FakeSalesforce, FakeSalesforceOptions, Fault } from "./fake-salesforce.ts";
import { textOf } from "./fake-soql.ts";

const lead = { object: "Lead", fields: { LastName: "Rossi", Company: "Trattoria Rossi" } };
const aCase = { object: "Case", fields: { Subject: "Cold food", Priority: "High" } };
const ambiguous = { ok: false, failure: { class: "ambiguous" } };

type Setup = { fake: FakeSalesforce; caller: Caller; [Symbol.asyncDispose]: () => Promise<void> };

async function setUp(options: FakeSalesforceOptions = {}): Promise<Setup> {
  const fake = await startFakeSalesforce(options);
  return {
    fake,
    caller: callerOf("oauth2", clientOf(fake)),
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

/** Makes the first request after this one go wrong. */
function failOnce(fake: FakeSalesforce, fault: Fault): void {
  fake.fault = () => {
    fake.fault = undefined;
    return fault;
  };
}

describe("records", () => {
  test("a record is created once, with the fields of the input and what is left of the day's requests", async () => {
    await using setup = await setUp({ limits: { used: 17, max: 15_000 } });
    const outcome = await setup.caller.perform("createRecord", lead);
    const [record] = setup.fake.org.records("Lead");
    expect(outcome).toEqual({ ok: true, output: { id: record?.["Id"], limits: { used: 18, max: 15_000 } } });
    expect(setup.fake.org.records("Lead")).toEqual([expect.objectContaining(lead.fields)]);
  });

  test("a record is changed where the input names a field, and nowhere else", async () => {
    await using setup = await setUp();
    await setup.caller.perform("createRecord", aCase);
    const id = setup.fake.org.records("Case")[0]?.["Id"] ?? "";
    const outcome = await setup.caller.perform("updateRecord", { object: "Case", id, fields: { Priority: null } });
    expect(outcome).toMatchObject({ ok: true, output: { id } });
    expect(setup.fake.org.records("Case")[0]).toMatchObject({ Subject: "Cold food", Priority: null });
  });

  test("an upsert creates a record, and finds it again when it is repeated", async () => {
    await using setup = await setUp();
    const input = { ...aCase, externalIdField: "Event_Id__c", externalId: "evt_7" };
    const first = await setup.caller.perform("upsertByExternalId", input);
    const second = await setup.caller.perform("upsertByExternalId", { ...input, fields: { Subject: "Still cold" } });
    const [record] = setup.fake.org.records("Case");
    expect(first).toMatchObject({ ok: true, output: { id: record?.["Id"], created: true } });
    expect(second).toMatchObject({ ok: true, output: { id: record?.["Id"], created: false } });
    expect(setup.fake.org.records("Case")).toEqual([
      expect.objectContaining({ Subject: "Still cold", Event_Id__c: "evt_7" }),
    ]);
  });

  test.each(["a/b/../c", "a.json", "..x", "100% ü 😀", "a?b#c&d=e+f", " ' ", "%2F", 17])(
    "the external id %p arrives as it is, and names one record",
    async (externalId) => {
      await using setup = await setUp();
      const key = { object: "Case", externalIdField: "Event_Id__c", externalId };
      await setup.caller.perform("upsertByExternalId", { ...key, fields: { Subject: "1" } });
      await setup.caller.perform("upsertByExternalId", { ...key, fields: { Subject: "2" } });
      expect(setup.fake.org.records("Case")).toMatchObject([{ Subject: "2", Event_Id__c: String(externalId) }]);
      expect(await setup.caller.perform("getRecord", key)).toMatchObject({
        ok: true,
        output: { record: { Subject: "2" } },
      });
    },
  );

  test.each([".", "..", "half \ud800"])("the external id %p is refused before anything is sent", async (externalId) => {
    await using setup = await setUp();
    const key = { object: "Case", externalIdField: "Event_Id__c", externalId };
    const refused = { ok: false, failure: { class: "validation", code: "external_id" } };
    expect(await setup.caller.perform("upsertByExternalId", { ...key, fields: { Subject: "1" } })).toMatchObject(
      refused,
    );
    expect(await setup.caller.perform("getRecord", key)).toMatchObject(refused);
    expect(setup.fake.requests).toEqual([]);
  });

  test("an external id in the fields, too, is refused before anything is sent", async () => {
    await using setup = await setUp();
    const fields = { Subject: "1", event_id__C: "evt_8" };
    const input = { object: "Case", externalIdField: "Event_Id__c", externalId: "evt_7", fields };
    expect(await setup.caller.perform("upsertByExternalId", input)).toMatchObject({
      failure: { class: "validation", message: expect.stringContaining("event_id__C") },
    });
    expect(setup.fake.requests).toEqual([]);
  });

  test("a record is read by its id, with the fields that were asked for", async () => {
    await using setup = await setUp();
    await setup.caller.perform("createRecord", aCase);
    const id = setup.fake.org.records("Case")[0]?.["Id"] ?? "";
    const outcome = await setup.caller.perform("getRecord", { object: "Case", id, fields: ["Subject", "Status"] });
    expect(outcome).toMatchObject({ ok: true, output: { record: { Subject: "Cold food", Status: null } } });
    expect(JSON.stringify(outcome)).not.toContain("attributes");
  });

  test("the connection's own API version is used", async () => {
    await using fake = await startFakeSalesforce();
    const caller = callerOf("oauth2", { ...clientOf(fake), apiVersion: "59.0" });
    await caller.perform("createRecord", lead);
    expect(fake.requests.map(({ path }) => path)).toEqual(["/services/data/v59.0/sobjects/Lead"]);
  });

  test("a test of the connection says which organization it reaches", async () => {
    await using setup = await setUp();
    const id = textOf(setup.fake.org.records("Organization")[0]?.["Id"]);
    expect(await setup.caller.check()).toEqual({ ok: true, detail: `Connected to the organization ${id}.` });
    expect(decodeURIComponent(setup.fake.requests[0]?.path ?? "")).toContain("SELECT Id FROM Organization LIMIT 1");
  });
});

describe("refusals", () => {
  test.each([
    ["a missing field", { object: "Lead", fields: { Company: "Rossi" } }, "validation", "Fields: LastName."],
    ["an unknown field", { object: "Lead", fields: { Nme: "x" } }, "validation", "No such column 'Nme'"],
    ["a value that no picklist has", { object: "Case", fields: { Priority: "Extreme" } }, "validation", "Priority"],
    [
      "a text that is too long",
      { object: "Case", fields: { Subject: "x".repeat(256) } },
      "validation",
      "Fields: Subject.",
    ],
    ["an address that is none", { object: "Lead", fields: { ...lead.fields, Email: "x" } }, "validation", "Email"],
    ["an unknown object", { object: "Cse", fields: { Subject: "x" } }, "not_found", "does not exist"],
  ])("%s is told with its class and name", async (_, input, className, message) => {
    await using setup = await setUp();
    expect(await setup.caller.perform("createRecord", input)).toMatchObject({
      ok: false,
      failure: { class: className, message: expect.stringContaining(message) },
    });
  });

  test("a duplicate is a conflict that names the records, and can be allowed", async () => {
    await using setup = await setUp({
      isDuplicate: (_object, fields, existing) =>
        existing.filter((row) => row["Company"] === fields["Company"]).map((row) => textOf(row["Id"])),
    });
    await setup.caller.perform("createRecord", lead);
    const id = textOf(setup.fake.org.records("Lead")[0]?.["Id"]);
    expect(await setup.caller.perform("createRecord", lead)).toMatchObject({
      failure: { class: "conflict", code: "DUPLICATES_DETECTED", message: expect.stringContaining(id) },
    });
    expect(await setup.caller.perform("createRecord", { ...lead, allowDuplicates: true })).toMatchObject({ ok: true });
    expect(setup.fake.org.records("Lead")).toHaveLength(2);
  });

  test("an external id of several records is a conflict that names them, and changes nothing", async () => {
    await using setup = await setUp();
    const ids = ["500Hs0000000001AAA", "500Hs0000000002AAA"];
    const body = ids.map((id) => `/services/data/v66.0/sobjects/Case/${id}`);
    setup.fake.fault = () => ({ status: 300, body });
    const input = { ...aCase, externalIdField: "Event_Id__c", externalId: "evt_7" };
    expect(await setup.caller.perform("upsertByExternalId", input)).toMatchObject({
      failure: { class: "conflict", code: "several_records", message: expect.stringContaining(ids.join(", ")) },
    });
  });

  test("a record that is not there is not found", async () => {
    await using setup = await setUp();
    const id = "500Hs0000009999AAA";
    const notFound = { failure: { class: "not_found", code: "NOT_FOUND" } };
    expect(await setup.caller.perform("getRecord", { object: "Case", id })).toMatchObject(notFound);
    expect(await setup.caller.perform("updateRecord", { object: "Case", id, fields: { Status: "x" } })).toMatchObject(
      notFound,
    );
  });

  test("used-up requests of the day are a quota, with a long time until the next try", async () => {
    await using setup = await setUp({ limits: { used: 15_000, max: 15_000 } });
    expect(await setup.caller.perform("createRecord", lead)).toMatchObject({
      failure: { class: "quota_exhausted", code: "REQUEST_LIMIT_EXCEEDED", status: 403 },
      retryAfterMs: 3_600_000,
    });
  });

  test("a lost race for a new external id is tried again, and finds the record of the winner", async () => {
    await using setup = await setUp();
    const message = "duplicate value found: Event_Id__c duplicates value on record with id: 500Hs0000000001";
    failOnce(setup.fake, { status: 400, body: [{ errorCode: "DUPLICATE_VALUE", message, fields: [] }] });
    const input = { ...aCase, externalIdField: "Event_Id__c", externalId: "evt_7" };
    expect(await setup.caller.perform("upsertByExternalId", input)).toMatchObject({ failure: { class: "transient" } });
    expect(await setup.caller.perform("upsertByExternalId", input)).toMatchObject({ ok: true });
  });

  test("a value that another unique field has already is a conflict", async () => {
    await using setup = await setUp();
    await setup.caller.perform("createRecord", { object: "Case", fields: { Delivery_Id__c: "x" } });
    const input = { object: "Case", externalIdField: "Event_Id__c", externalId: "1", fields: { Delivery_Id__c: "x" } };
    expect(await setup.caller.perform("upsertByExternalId", input)).toMatchObject({ failure: { class: "conflict" } });
  });
});

describe("an answer that is lost", () => {
  const unique = { ...aCase, dedupe: { field: "Delivery_Id__c" } };
  const copied = { ...aCase, dedupe: { field: "Copy_Id__c" } };

  test.each<[string, Fault]>([
    ["the connection breaks after the record was saved", "apply-then-reset"],
    ["no answer comes after the record was saved", "apply-then-hang"],
  ])("%s: the record is found, and there is one", async (_, fault) => {
    await using setup = await setUp();
    failOnce(setup.fake, fault);
    expect(await setup.caller.perform("createRecord", copied, { timeoutMs: 300 })).toMatchObject(ambiguous);
    const looked = await setup.caller.reconcile("createRecord", copied);
    const [record] = setup.fake.org.records("Case");
    expect(looked).toMatchObject({ outcome: "happened", output: { id: record?.["Id"] } });
    expect(setup.fake.org.records("Case")).toHaveLength(1);
  });

  test("the connection breaks before the record was saved: nothing is found, and the next try saves one", async () => {
    await using setup = await setUp();
    failOnce(setup.fake, "reset");
    expect(await setup.caller.perform("createRecord", copied)).toMatchObject(ambiguous);
    expect(await setup.caller.reconcile("createRecord", copied)).toMatchObject({ outcome: "did_not_happen" });
    expect(await setup.caller.perform("createRecord", copied)).toMatchObject({ ok: true });
    expect(setup.fake.org.records("Case")).toHaveLength(1);
  });

  test("another delivery's record is not taken for this one's", async () => {
    await using setup = await setUp();
    await setup.caller.perform("createRecord", copied, { deliveryId: "msg_other" });
    expect(await setup.caller.reconcile("createRecord", copied)).toMatchObject({ outcome: "did_not_happen" });
  });

  test("a record that somebody cloned, with the field, is not taken for the first one", async () => {
    await using setup = await setUp();
    await setup.caller.perform("createRecord", copied);
    setup.fake.org.create("Case", { Copy_Id__c: "msg_1" }, true);
    const [first] = setup.fake.org.records("Case");
    expect(await setup.caller.reconcile("createRecord", copied)).toMatchObject({ output: { id: first?.["Id"] } });
  });

  test("saved later than it was looked for: the unique field refuses the second record, and the first is found", async () => {
    await using setup = await setUp();
    await setup.caller.perform("createRecord", unique);
    expect(await setup.caller.perform("createRecord", unique)).toMatchObject({
      failure: { class: "ambiguous", code: "DUPLICATE_VALUE" },
    });
    expect(await setup.caller.reconcile("createRecord", unique)).toMatchObject({ outcome: "happened" });
    expect(setup.fake.org.records("Case")).toHaveLength(1);
  });

  test("without a field to look for there is nothing to look for", async () => {
    await using setup = await setUp();
    failOnce(setup.fake, "apply-then-reset");
    expect(await setup.caller.perform("createRecord", aCase)).toMatchObject(ambiguous);
    expect(await setup.caller.reconcile("createRecord", aCase)).toEqual({ outcome: "none" });
  });

  test("a look-up that fails says nothing about the record", async () => {
    await using setup = await setUp();
    failOnce(setup.fake, { status: 503, body: "<html>Down for maintenance</html>" });
    expect(await setup.caller.reconcile("createRecord", copied)).toMatchObject({ outcome: "unknown", again: true });
  });

  test.each<[string, Fault, object]>([
    ["a gateway's failure", { status: 502, body: "<html>Bad gateway</html>" }, ambiguous],
    [
      "a failure that Salesforce cannot explain",
      { status: 500, body: [{ errorCode: "UNKNOWN_EXCEPTION", message: "?" }] },
      ambiguous,
    ],
    ["a success that cannot be read", { status: 201, body: '{"id":"500' }, ambiguous],
    [
      "a server that is away",
      { status: 503, body: [{ errorCode: "SERVER_UNAVAILABLE", message: "Busy" }] },
      { failure: { class: "transient" } },
    ],
    [
      "a locked row",
      { status: 500, body: [{ errorCode: "UNABLE_TO_LOCK_ROW", message: "unable to obtain exclusive access" }] },
      { failure: { class: "transient" } },
    ],
    [
      "a refusal with status 200",
      {
        status: 200,
        body: { success: false, errors: [{ statusCode: "STRING_TOO_LONG", message: "x", fields: ["Subject"] }] },
      },
      { failure: { class: "validation", code: "STRING_TOO_LONG" } },
    ],
  ])("of a create, %s is what it says", async (_, fault, expected) => {
    await using setup = await setUp();
    failOnce(setup.fake, fault);
    expect(await setup.caller.perform("createRecord", copied)).toMatchObject(expected);
  });

  test("a field that is used for looking cannot have a value of its own", async () => {
    await using setup = await setUp();
    const input = { ...copied, fields: { ...aCase.fields, copy_id__c: "mine" } };
    expect(await setup.caller.perform("createRecord", input)).toMatchObject({
      failure: { class: "validation", code: "dedupe_field" },
    });
    expect(setup.fake.requests).toEqual([]);
  });

  test("an upsert whose answer was lost is safe to repeat: there is one record", async () => {
    await using setup = await setUp();
    const input = { ...aCase, externalIdField: "Event_Id__c", externalId: "evt_7" };
    failOnce(setup.fake, "apply-then-reset");
    expect(await setup.caller.perform("upsertByExternalId", input)).toMatchObject({ failure: { class: "network" } });
    expect(await setup.caller.perform("upsertByExternalId", input)).toMatchObject({ output: { created: false } });
    expect(setup.fake.org.records("Case")).toHaveLength(1);
  });
});

describe("queries", () => {
  const all = { soql: "SELECT Id, Subject FROM Case ORDER BY CreatedDate" };

  async function withCases(count: number, options: FakeSalesforceOptions = {}): Promise<Setup> {
    const setup = await setUp(options);
    for (let index = 0; index < count; index++) setup.fake.org.create("Case", { Subject: `case ${index}` }, true);
    return setup;
  }

  test("records of all pages come in order, and the answer says that they are all", async () => {
    await using setup = await withCases(450, { pageSize: 200 });
    const outcome = await setup.caller.perform("query", { ...all, max: 2000 });
    if (!outcome.ok) throw new Error(outcome.failure.message);
    expect(outcome.output).toMatchObject({ totalSize: 450, done: true });
    const { records } = outcome.output as { records: { Subject: string }[] };
    expect(records.map(({ Subject }) => Subject)).toEqual(Array.from({ length: 450 }, (_, index) => `case ${index}`));
    expect(setup.fake.requests).toHaveLength(3);
  });

  test("no more records are read than were asked for, and the answer says that there are more", async () => {
    await using setup = await withCases(450, { pageSize: 200 });
    const outcome = await setup.caller.perform("query", { ...all, max: 250 });
    expect(outcome).toMatchObject({ output: { totalSize: 450, done: false, records: { length: 250 } } });
    expect(setup.fake.requests).toHaveLength(2);
    expect(await setup.caller.perform("query", { ...all, max: 3 })).toMatchObject({
      output: { totalSize: 450, done: false, records: { length: 3 } },
    });
    expect(setup.fake.requests).toHaveLength(3);
  });

  test("exactly as many records as were asked for are all of them", async () => {
    await using setup = await withCases(200);
    expect(await setup.caller.perform("query", all)).toMatchObject({
      output: { done: true, records: { length: 200 } },
    });
  });

  test("a count is told as the total", async () => {
    await using setup = await withCases(3);
    expect(await setup.caller.perform("query", { soql: "SELECT COUNT() FROM Case" })).toMatchObject({
      output: { totalSize: 3, records: [], done: true },
    });
  });

  test("the token goes to no address that a page names", async () => {
    await using setup = await withCases(1);
    await using thief = await startFakeSalesforce();
    for (const nextRecordsUrl of [`${thief.url}/services/data/v66.0/query/1`, `//${new URL(thief.url).host}/query/1`]) {
      failOnce(setup.fake, {
        status: 200,
        body: { totalSize: 9, done: false, nextRecordsUrl, records: [{ Id: "1" }] },
      });
      expect(await setup.caller.perform("query", all)).toMatchObject({ output: { done: false } });
    }
    expect(thief.requests).toEqual([]);
  });

  test("a value that would change the query is only looked for", async () => {
    await using setup = await withCases(2);
    const subject = "x' OR Subject != '";
    const input = { soql: "SELECT Id FROM Case WHERE Subject = :subject", values: { subject } };
    expect(await setup.caller.perform("query", input)).toMatchObject({ output: { totalSize: 0 } });
    setup.fake.org.create("Case", { Subject: subject }, true);
    expect(await setup.caller.perform("query", input)).toMatchObject({ output: { totalSize: 1 } });
  });

  test("a query that is too long for an address is refused before it is sent, and says what to do", async () => {
    await using setup = await setUp();
    const values = { ids: Array.from({ length: 100 }, () => "500Hs0000000001AAA") };
    const input = { soql: "SELECT Id FROM Case WHERE Id IN :ids", values };
    expect(await setup.caller.perform("query", input)).toMatchObject({
      failure: { class: "validation", code: "soql_too_long", message: expect.stringContaining("fewer values") },
    });
    expect(setup.fake.requests).toEqual([]);
  });

  test("a query that Salesforce cannot read is told with Salesforce's words", async () => {
    await using setup = await setUp();
    expect(await setup.caller.perform("query", { soql: "SELECT FROM Case" })).toMatchObject({
      failure: { class: "validation", code: "MALFORMED_QUERY" },
    });
  });

  test("a page whose cursor is gone makes the query begin anew", async () => {
    await using setup = await withCases(250, { pageSize: 200 });
    setup.fake.fault = ({ path }) =>
      path.includes("?") ? undefined : { status: 400, body: [{ errorCode: "INVALID_QUERY_LOCATOR", message: "gone" }] };
    expect(await setup.caller.perform("query", { ...all, max: 2000 })).toMatchObject({
      failure: { class: "transient" },
    });
  });
});
