// salesforce.query: records that a SOQL query finds, from all pages.
import { byType } from "../../../src/model/json.ts";
import type { Json } from "../../../src/model/json.ts";
import { defineAction } from "../../../src/connector/contract.ts";
import type { ActionRequest } from "../../../src/connector/contract.ts";
import type { HttpAnswer } from "../../../src/delivery/http.ts";
import { refusalOf, unreadable } from "../errors.ts";
import { jsonOf, limitsSchema, objectOf, queryRequest, refuse, withLimits, withoutAttributes } from "../rest.ts";
import { bindValues, datePattern, dateTimePattern } from "../soql.ts";
import type { SoqlValue } from "../soql.ts";

export type QueryInput = { soql: string; values?: { [name: string]: SoqlValue }; max?: number };

const examples: QueryInput[] = [
  { soql: "SELECT Id, Name FROM Account WHERE Name = :name LIMIT 10", values: { name: "Bob's BBQ" } },
  {
    soql: "SELECT Id FROM Case WHERE Origin IN :origins AND IsClosed = :closed AND CreatedDate >= :since",
    values: { origins: ["Web", "Directory API"], closed: false, since: { dateTime: "2026-01-01T00:00:00Z" } },
    max: 2000,
  },
  { soql: "SELECT COUNT() FROM Lead WHERE CreatedDate = LAST_N_DAYS:30" },
];

const maxDefault = 200;
/** Salesforce's own bounds for a page of records; it may make pages smaller than it was asked to. */
const pageMin = 200;
const pageMax = 2000;
/** The longest address that is sent has 2,048 characters, and the instance's own part needs some of them. */
const pathCharsMax = 1_900;

const scalar = { type: ["string", "number", "boolean"] } as const;

export const query = defineAction<QueryInput>({
  id: "query",
  title: "Find records by SOQL",
  description:
    "Answers the records that a SOQL query finds. What comes from events stands in `values` and is named in the query " +
    "as :name, without quotes: so it stays a value, whatever it holds.",
  effect: "read",
  input: {
    type: "object",
    additionalProperties: false,
    required: ["soql"],
    properties: {
      soql: { type: "string", minLength: 1, maxLength: 4000, "x-multiline": true },
      values: {
        type: "object",
        maxProperties: 100,
        propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
        additionalProperties: byType({
          string: { type: "string", maxLength: 4000 },
          number: { type: "number" },
          boolean: { type: "boolean" },
          null: { type: "null" },
          array: { type: "array", minItems: 1, maxItems: 500, items: scalar },
          object: {
            type: "object",
            additionalProperties: false,
            minProperties: 1,
            maxProperties: 1,
            properties: {
              date: { type: "string", pattern: datePattern },
              dateTime: { type: "string", pattern: dateTimePattern },
            },
          },
        }),
        description: 'By name: text, number, boolean, null, a list for IN, { "date": … } or { "dateTime": … }.',
      },
      max: { type: "integer", minimum: 1, maximum: pageMax, description: `Most records: ${maxDefault} unless given.` },
    },
    examples,
  },
  output: {
    type: "object",
    additionalProperties: false,
    required: ["records", "totalSize", "done"],
    properties: {
      records: { type: "array", items: { type: "object" }, description: "Each with its values by the fields' names." },
      totalSize: { type: "integer", description: "How many records the query finds in all." },
      done: { type: "boolean", description: "Whether `records` are all of them." },
      limits: limitsSchema,
    },
    examples: [
      {
        records: [
          {
            Id: "001Hs00001AbCdEIAV",
            Name: "Trattoria Rossi",
          },
        ],
        totalSize: 1,
        done: true,
        limits: { used: 18, max: 15_000 },
      },
    ],
  },
  counterExamples: [
    { input: {}, pointer: "/soql" },
    { input: { soql: "" }, pointer: "/soql" },
    { input: { soql: "SELECT Id FROM Case WHERE Id IN :ids", values: { ids: [] } }, pointer: "/values/ids" },
    {
      input: { soql: "SELECT Id FROM Case WHERE CreatedDate = :d", values: { d: { date: "TODAY OR Id != null" } } },
      pointer: "/values/d/date",
    },
    { input: { soql: "SELECT Id FROM Case", max: 0 }, pointer: "/max" },
  ],
  // What describes each record is longer than most, and is left out of the output.
  answerBytesMax: () => 2 * 1024 * 1024,
  request({ soql, values, max }, call) {
    const bound = bindValues(soql, values ?? {});
    if (!bound.ok) return refuse("soql", bound.message);
    const request = queryRequest(call.connection, bound.soql);
    if (request.url.length > pathCharsMax) {
      const tooLong = `has ${request.url.length} characters as an address, of which ${pathCharsMax} can be sent`;
      return refuse("soql_too_long", `The query ${tooLong}: select fewer fields or compare with fewer values.`);
    }
    return { ok: true, request: withPageSize(request, max) };
  },
  response(answer, { max }) {
    const page = answer.status === 200 ? pageOf(answer) : undefined;
    if (page !== undefined) return { ok: true, output: found([page], max) };
    if (answer.status !== 200) return refusalOf(answer);
    return unreadable(answer);
  },
  pages: {
    next(answer, { max }, _call, page) {
      const body = objectOf(jsonOf(answer));
      const records = pageOf(answer)?.records ?? [];
      const address = body?.["nextRecordsUrl"];
      // Salesforce gives all pages but the last one size.
      const isEnough = page * records.length >= (max ?? maxDefault);
      if (records.length === 0 || isEnough || typeof address !== "string" || !isCursor(address)) return undefined;
      return withPageSize({ method: "GET", url: address, headers: { accept: "application/json" } }, max);
    },
    // Safe: each output is one that `response` made.
    join: (outputs, { max }) => found(outputs as Page[], max),
  },
});

type Page = { records: Json[]; totalSize: number; done: boolean; limits?: { used: number; max: number } };

function pageOf(answer: HttpAnswer): Page | undefined {
  const body = objectOf(jsonOf(answer));
  const { records, totalSize, done } = body ?? {};
  if (!Array.isArray(records) || typeof totalSize !== "number" || typeof done !== "boolean") return undefined;
  return { records: records.map(withoutAttributes), totalSize, done, ...withLimits(answer) };
}

/** One output of all pages: no more records than were asked for. */
function found(pages: Page[], max = maxDefault): Page {
  const records = pages.flatMap((page) => page.records);
  const last = pages.at(-1);
  return {
    records: records.slice(0, max),
    totalSize: pages[0]?.totalSize ?? 0,
    done: last?.done === true && records.length <= max,
    ...(last?.limits === undefined ? {} : { limits: last.limits }),
  };
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm */
function withPageSize(request: ActionRequest, max = maxDefault): ActionRequest {
  const size = Math.min(Math.max(max, pageMin), pageMax);
  return { ...request, headers: { ...request.headers, "sforce-query-options": `batchSize=${size}` } };
}

/** A path of the REST API on the connection's own instance: the token goes nowhere else. */
function isCursor(address: string): boolean {
  return /^\/services\/data\/[A-Za-z0-9._/-]+$/.test(address) && !address.includes("..");
}
