// salesforce.updateRecord: changes fields of a record.
import { defineAction } from "../../../src/connector/contract.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { refusalOf } from "../errors.ts";
import {
  allowDuplicatesSchema,
  apiNameSchema,
  fieldsSchema,
  limitsSchema,
  recordIdSchema,
  withLimits,
  writeRequest,
} from "../rest.ts";

export type UpdateInput = { object: string; id: string; fields: JsonObject; allowDuplicates?: boolean };

const examples: UpdateInput[] = [
  { object: "Case", id: "500Hs00001AbCdEIAV", fields: { Status: "Escalated", Priority: "High" } },
  { object: "Lead", id: "00QHs00001AbCdE", fields: { Phone: null }, allowDuplicates: false },
];

export const updateRecord = defineAction<UpdateInput>({
  id: "updateRecord",
  title: "Change a record",
  description: "Changes fields of a record that is named by its id. Fields that are not named stay as they are.",
  effect: "idempotent-write",
  input: {
    type: "object",
    additionalProperties: false,
    required: ["object", "id", "fields"],
    properties: {
      object: { ...apiNameSchema, description: "The object's API name: Lead, Case, Order__c." },
      id: recordIdSchema,
      fields: fieldsSchema,
      allowDuplicates: allowDuplicatesSchema,
    },
    examples,
  },
  output: {
    type: "object",
    additionalProperties: false,
    required: ["id"],
    properties: { id: { type: "string", description: "The record's id, as it was given." }, limits: limitsSchema },
    examples: [{ id: "500Hs00001AbCdEIAV", limits: { used: 18, max: 15_000 } }],
  },
  counterExamples: [
    { input: { object: "Case", fields: { Status: "Closed" } }, pointer: "/id" },
    { input: { object: "Case", id: "../Lead/x", fields: { Status: "Closed" } }, pointer: "/id" },
    { input: { object: "Case", id: "500Hs00001AbCdE", fields: {} }, pointer: "/fields" },
    { input: { object: "Case", id: "500Hs00001AbCdE", fields: { "Account.Name": "x" } }, pointer: "/fields" },
  ],
  request: ({ object, id, fields, allowDuplicates }, call) => ({
    ok: true,
    request: writeRequest("PATCH", call, `/sobjects/${object}/${id}`, fields, allowDuplicates),
  }),
  response: (answer, { id }) =>
    answer.status === 204 || answer.status === 200
      ? { ok: true, output: { id, ...withLimits(answer) } }
      : refusalOf(answer),
});
