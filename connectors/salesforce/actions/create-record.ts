// salesforce.createRecord: a new record of any object.
import { defineAction } from "../../../src/connector/contract.ts";
import type { Answered, Reconciled } from "../../../src/connector/contract.ts";
import type { HttpAnswer } from "../../../src/delivery/http.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { isDuplicateValueOf, refusalOf, unreadable, vendorErrorsOf } from "../errors.ts";
import {
  allowDuplicatesSchema,
  apiNameSchema,
  fieldsSchema,
  jsonOf,
  limitsSchema,
  objectOf,
  queryRequest,
  refuse,
  savedOf,
  withLimits,
  writeRequest,
} from "../rest.ts";

export type CreateInput = {
  object: string;
  fields: JsonObject;
  dedupe?: { field: string };
  allowDuplicates?: boolean;
};

const examples: CreateInput[] = [
  { object: "Lead", fields: { LastName: "Rossi", Company: "Trattoria Rossi", LeadSource: "Directory API" } },
  {
    object: "Case",
    fields: { Subject: "Cold food", Priority: "High", Origin: "Directory API" },
    dedupe: { field: "Delivery_Id__c" },
    allowDuplicates: true,
  },
];

export const createRecord = defineAction<CreateInput>({
  id: "createRecord",
  title: "Create a record",
  description:
    "Creates a record of any object. Name a text field in `dedupe` and it gets an id by which a record is found " +
    "whose answer was lost; without it, a lost answer is a question to a person.",
  effect: "unsafe-write",
  input: {
    type: "object",
    additionalProperties: false,
    required: ["object", "fields"],
    properties: {
      object: { ...apiNameSchema, description: "The object's API name: Lead, Case, Order__c." },
      fields: fieldsSchema,
      dedupe: {
        type: "object",
        additionalProperties: false,
        required: ["field"],
        properties: {
          field: { ...apiNameSchema, description: "A text field of 31 characters or more, best marked as unique." },
        },
      },
      allowDuplicates: allowDuplicatesSchema,
    },
    examples,
  },
  output: {
    type: "object",
    additionalProperties: false,
    required: ["id"],
    properties: { id: { type: "string", description: "The new record's id." }, limits: limitsSchema },
    examples: [{ id: "500Hs00001AbCdEIAV", limits: { used: 18, max: 15_000 } }, { id: "500Hs00001AbCdEIAV" }],
  },
  counterExamples: [
    { input: { fields: { LastName: "Rossi" } }, pointer: "/object" },
    { input: { object: "Lead" }, pointer: "/fields" },
    { input: { object: "Lead", fields: {} }, pointer: "/fields" },
    { input: { object: "Lead/../Case", fields: { LastName: "Rossi" } }, pointer: "/object" },
    { input: { object: "Lead", fields: { "Last Name": "Rossi" } }, pointer: "/fields" },
    { input: { object: "Lead", fields: { LastName: "Rossi" }, dedupe: "Delivery_Id__c" }, pointer: "/dedupe" },
    { input: { object: "Lead", fields: { LastName: "Rossi" }, id: "00Q000000000001" }, pointer: "/id" },
  ],
  request({ object, fields, dedupe, allowDuplicates }, call) {
    const taken = Object.keys(fields).find((name) => name.toLowerCase() === dedupe?.field.toLowerCase());
    if (taken !== undefined) {
      return refuse("dedupe_field", `The field ${taken} is that of \`dedupe\`: leave it out of \`fields\`.`);
    }
    const record = dedupe === undefined ? fields : { ...fields, [dedupe.field]: call.deliveryId };
    return { ok: true, request: writeRequest("POST", call, `/sobjects/${object}`, record, allowDuplicates) };
  },
  response: answerOf,
  reconcile: {
    request({ object, dedupe }, call) {
      if (dedupe === undefined) return undefined;
      // Delivery ids are URL-safe base64: nothing in them needs an escape. The oldest, because clones copy the field.
      const found = `SELECT Id FROM ${object} WHERE ${dedupe.field} = '${call.deliveryId}'`;
      return queryRequest(call.connection, `${found} ORDER BY CreatedDate ASC LIMIT 1`);
    },
    response: reconciledBy,
  },
});

function answerOf(answer: HttpAnswer, input: CreateInput): Answered {
  const saved = savedOf(answer);
  if (saved.ok) return { ok: true, output: { id: saved.id, ...withLimits(answer) } };
  const [error] = vendorErrorsOf(answer);
  if (answer.status < 300 && error === undefined) return unreadable(answer);
  const refusal = refusalOf(answer);
  const isUnknown = mayBeApplied(answer, refusal.failure.code) || isOwnRecord(answer, input);
  return isUnknown ? { ok: false, failure: { ...refusal.failure, class: "ambiguous" } } : refusal;
}

/** Codes of Salesforce's that come with a 5xx and say that nothing was saved. */
const neverApplied = new Set(["UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE"]);

/** Whether a failure that Salesforce names may hide a record that was saved. Of a bare 5xx the executor says so itself. */
function mayBeApplied({ status }: HttpAnswer, code: string): boolean {
  return status >= 500 && !code.startsWith("http_") && !neverApplied.has(code);
}

/** The unique `dedupe` field has this delivery's id already: an earlier attempt was applied, and can be looked for. */
function isOwnRecord(answer: HttpAnswer, { dedupe }: CreateInput): boolean {
  return dedupe !== undefined && vendorErrorsOf(answer).some((error) => isDuplicateValueOf(error, dedupe.field));
}

function reconciledBy(answer: HttpAnswer): Reconciled {
  if (answer.status !== 200) return { outcome: "unknown", failure: refusalOf(answer).failure };
  const records = objectOf(jsonOf(answer))?.["records"];
  if (!Array.isArray(records)) return { outcome: "unknown", failure: unreadable(answer).failure };
  if (records.length === 0) return { outcome: "did_not_happen" };
  const id = objectOf(records[0])?.["Id"];
  if (typeof id !== "string") return { outcome: "unknown", failure: unreadable(answer).failure };
  return { outcome: "happened", output: { id, ...withLimits(answer) } };
}
