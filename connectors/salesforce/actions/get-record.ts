// salesforce.getRecord: one record, by its id or by an external id.
import { defineAction } from "../../../src/connector/contract.ts";
import { refusalOf, unreadable } from "../errors.ts";
import {
  apiNameSchema,
  dataPath,
  externalIdPath,
  externalIdSchema,
  jsonOf,
  limitsSchema,
  objectOf,
  recordIdSchema,
  refuse,
  withLimits,
  withoutAttributes,
} from "../rest.ts";

export type GetInput = { object: string; fields?: string[] } & (
  { id: string } | { externalIdField: string; externalId: string | number }
);

const examples: GetInput[] = [
  { object: "Account", id: "001Hs00001AbCdEIAV", fields: ["Name", "Phone"] },
  { object: "Case", externalIdField: "Event_Id__c", externalId: "evt_7" },
];

/** Twice what a step can hand on: names and texts are escaped in different ways. */
const answerBytes = 512 * 1024;

export const getRecord = defineAction<GetInput>({
  id: "getRecord",
  title: "Get a record",
  description: "Reads one record, by its id or by an external id. It fails with class not_found when there is none.",
  effect: "read",
  input: {
    type: "object",
    additionalProperties: false,
    required: ["object"],
    properties: {
      object: { ...apiNameSchema, description: "The object's API name: Lead, Case, Order__c." },
      id: recordIdSchema,
      externalIdField: { ...apiNameSchema, description: "API name of a field that is marked as External ID." },
      externalId: externalIdSchema,
      fields: {
        type: "array",
        minItems: 1,
        maxItems: 100,
        items: apiNameSchema,
        description: "API names of the fields to read: all that the connection's user may see, unless given.",
      },
    },
    if: { type: "object", required: ["id"] },
    then: { type: "object", not: { anyOf: [{ required: ["externalId"] }, { required: ["externalIdField"] }] } },
    else: { type: "object", required: ["externalIdField", "externalId"] },
    examples,
  },
  output: {
    type: "object",
    additionalProperties: false,
    required: ["record"],
    properties: {
      record: { type: "object", description: "Values by the fields' API names: `record.Name`." },
      limits: limitsSchema,
    },
    examples: [
      {
        record: {
          Id: "001Hs00001AbCdEIAV",
          Name: "Trattoria Rossi",
          Phone: null,
        },
        limits: { used: 18, max: 15_000 },
      },
    ],
  },
  counterExamples: [
    { input: { id: "001Hs00001AbCdE" }, pointer: "/object" },
    { input: { object: "Account" }, pointer: "/externalIdField" },
    { input: { object: "Account", externalIdField: "Event_Id__c" }, pointer: "/externalId" },
    {
      input: { object: "Account", id: "001Hs00001AbCdE", externalIdField: "Event_Id__c", externalId: "1" },
      pointer: "",
    },
    { input: { object: "Account", id: "001Hs00001AbCdE", fields: ["Name,Phone"] }, pointer: "/fields/0" },
  ],
  answerBytesMax: () => answerBytes,
  request(given, call) {
    const path =
      "id" in given
        ? `/sobjects/${given.object}/${given.id}`
        : externalIdPath(given.object, given.externalIdField, given.externalId);
    if (path === undefined) {
      return refuse("external_id", "The external id cannot be a dot or two, nor hold half of a character.");
    }
    const fields = given.fields === undefined ? "" : `?fields=${given.fields.join(",")}`;
    const url = dataPath(call.connection, `${path}${fields}`);
    return { ok: true, request: { method: "GET", url, headers: { accept: "application/json" } } };
  },
  response(answer) {
    if (answer.status !== 200) return refusalOf(answer);
    const record = objectOf(jsonOf(answer));
    if (record === undefined) return unreadable(answer);
    return { ok: true, output: { record: withoutAttributes(record), ...withLimits(answer) } };
  },
});
