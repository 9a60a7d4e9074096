// The gallery's flows for the directory: what they put into Salesforce is what the directory's guide says, and Salesforce
// takes it. The guide lies in ../shared, beside the project.
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { connectors } from "../../../connectors/index.ts";
import { shippedTemplates } from "../../../src/api/shipped-templates.ts";
import { actionCatalogue } from "../../../src/connector/contract.ts";
import { compileFlow } from "../../../src/flow/compile.ts";
import { tryPlan } from "../../../src/flow/trial.ts";
import type { Trial } from "../../../src/flow/trial.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { packageRoot } from "../../../src/package-root.ts";
import { objectOf } from "../../../connectors/salesforce/rest.ts";
import { callerOf, clientOf } from "./call-salesforce.ts";
import { startFakeSalesforce } from "./fake-salesforce.ts";
import { textOf } from "./fake-soql.ts";

const context = {
  actions: actionCatalogue(connectors),
  connections: new Map([
    ["salesforce", "salesforce"],
    ["slack", "slack"],
  ]),
  templates: { find: ({ slug }: { slug: string }) => shippedTemplates.get(slug), slugs: shippedTemplates.keys() },
};

async function tryFlow(slug: string, event: { id?: string; type: string; data: Json }): Promise<Trial> {
  const document: unknown = JSON.parse(readFileSync(join(packageRoot, "templates", "flows", `${slug}.json`), "utf8"));
  const compiled = compileFlow(document, { ...context, flow: { id: "flow_1", slug, version: 1 } });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  return tryPlan(compiled.plan, event, {}, { ...context, nowMs: Date.UTC(2026, 0, 2) });
}

/** What a step would send. */
function inputOf(trial: Trial, step: string): JsonObject {
  const input = objectOf(trial.steps[step]?.input);
  if (trial.status !== "succeeded" || input === undefined) throw new Error(JSON.stringify(trial));
  return input;
}

const business = {
  id: "biz_1",
  name: "Trattoria Rossi",
  category: "restaurant",
  address: { street: "123 Main St", city: "San Francisco", state: "CA", zip: "94105" },
  contact: { phone: "(555) 123-4567", email: "a@example.com", website: "https://rossi.example.com" },
};
const review = { id: "rev_1", business_id: "biz_1", rating: 2, title: "Never again", content: "We waited an hour." };

test("the lead of a business has its fields, wherever the directory puts phone and website, and is made once", async () => {
  await using fake = await startFakeSalesforce();
  const caller = callerOf("oauth2", clientOf(fake));
  const { contact, ...flat } = { ...business, ...business.contact };
  for (const data of [business, flat]) {
    const input = inputOf(await tryFlow("directory-lead", { type: "business.created", data }), "lead");
    expect(await caller.perform("upsertByExternalId", input)).toMatchObject({ ok: true });
  }
  expect(contact.phone).toBe(flat.phone);
  expect(fake.org.records("Lead")).toMatchObject([
    {
      Directory_Id__c: "biz_1",
      LastName: "Trattoria Rossi",
      Company: "Trattoria Rossi",
      Phone: "(555) 123-4567",
      Website: "https://rossi.example.com",
      PostalCode: "94105",
    },
  ]);
});

test.each([
  [1, "High"],
  [2, "High"],
  [3, "Low"],
  [5, "Low"],
])("a review with %i stars is a case of priority %s", async (rating, priority) => {
  await using fake = await startFakeSalesforce();
  const caller = callerOf("oauth2", clientOf(fake));
  const data = { ...review, rating };
  const input = inputOf(await tryFlow("directory-case", { type: "review.created", data }), "case");
  expect(await caller.perform("upsertByExternalId", input)).toMatchObject({ ok: true });
  expect(fake.org.records("Case")).toMatchObject([
    { Directory_Id__c: "rev_1", Priority: priority, Origin: "Directory API" },
  ]);
});

test("a bad review opens one case by the event's id, and the message that names it pings nobody", async () => {
  await using fake = await startFakeSalesforce();
  const caller = callerOf("oauth2", clientOf(fake));
  const data = { ...review, content: "<!channel> cold" };
  const trial = await tryFlow("escalate-reviews", { id: "evt_7", type: "review.created", data });
  for (const _ of ["once", "and again"]) {
    expect(await caller.perform("upsertByExternalId", inputOf(trial, "case"))).toMatchObject({ ok: true });
  }
  expect(fake.org.records("Case")).toMatchObject([{ Event_Id__c: "evt_7", Priority: "High" }]);
  const message = inputOf(trial, "tell");
  // In a trial the case is the example of the action's output.
  expect(textOf(message["text"])).toContain("Case 500Hs00001AbCdEIAV");
  expect(JSON.stringify(message)).toContain("&lt;!channel&gt; cold");
  expect(JSON.stringify(message)).not.toContain("<!channel>");
});

type Mapping = { objectType: string; fields: { [field: string]: string } };
type Guide = {
  salesforce: { [event: string]: Mapping | string } & { healthCheck: string };
  mock: { [event: string]: JsonObject };
};

const file = join(packageRoot, "..", "shared", "reference", "systems-contract.mjs");
const isThere = existsSync(file);
if (!isThere) console.warn(`Skipped: there is no guide of the directory at ${file}.`);

/** Read by a process of its own: the tests are no ES modules, and the guide is one. */
async function readGuide(): Promise<Guide> {
  const script = `import { profiles } from ${JSON.stringify(pathToFileURL(file).href)};
    const { salesforce, simulate } = profiles.directory;
    process.stdout.write(JSON.stringify({ salesforce, mock: simulate.mock }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  // The file describes itself in its comments; what is not as said here fails the test.
  return JSON.parse(stdout) as Guide;
}

/** What the guide's notation means for an event's data. */
function expectedValue(notation: string, data: JsonObject): Json {
  const at = (path: string) =>
    path.split(".").reduce<Json | undefined>((value, name) => objectOf(value)?.[name], { data });
  if (notation.startsWith("rating <= 2 ?")) return Number(data["rating"]) <= 2 ? "High" : "Low";
  if (!notation.startsWith("= ")) return at(notation) ?? null;
  return notation.slice(2).replace(/\{([^}]+)\}/g, (_, path: string) => textOf(at(path)));
}

const whenThere = isThere ? test : test.skip;

whenThere.each([
  ["directory-lead", "business.created", "lead", 9, ["LastName"]],
  ["directory-case", "review.created", "case", 5, []],
  ["escalate-reviews", "review.created", "case", 5, []],
])("%s fills the fields that the guide names for %s", compareWithGuide);

whenThere("a connection is tested by the query that the guide names", compareCheck);

/** `added`: what Salesforce wants beside the guide's fields; it takes no lead without a last name. */
async function compareWithGuide(slug: string, type: string, step: string, count: number, added: string[]) {
  const guide = await readGuide();
  const mapping = guide.salesforce[type];
  if (typeof mapping !== "object") throw new Error(`The guide has no mapping for ${type}.`);
  const rating = slug === "escalate-reviews" ? { rating: 2 } : {};
  const data: JsonObject = { ...guide.mock[type], business: { name: "Trattoria" }, ...rating };
  const { object, fields = {} } = inputOf(await tryFlow(slug, { type, data }), step);
  const expected = Object.entries(mapping.fields).map(([field, value]) => [field, expectedValue(value, data)]);
  expect(object).toBe(mapping.objectType);
  expect(expected).toHaveLength(count);
  expect(fields).toMatchObject(Object.fromEntries(expected) as JsonObject);
  expect(Object.keys(fields ?? {}).sort()).toEqual([...Object.keys(mapping.fields), ...added].sort());
}

async function compareCheck() {
  const guide = await readGuide();
  await using fake = await startFakeSalesforce();
  await callerOf("oauth2", clientOf(fake)).check();
  const { searchParams } = new URL(fake.requests[0]?.path ?? "", fake.url);
  expect(searchParams.get("q")).toBe(guide.salesforce.healthCheck);
}
