// salesforce.upsertByExternalId: creates the record that an external id names, or changes it.
import { defineAction } from "../../../src/connector/contract.ts";
import type { Answered } from "../../../src/connector/contract.ts";
import type { HttpAnswer } from "../../../src/delivery/http.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { isDuplicateValueOf, refusalOf, unreadable, vendorErrorsOf } from "../errors.ts";
import {
  allowDuplicatesSchema,
  apiNameSchema,
  externalIdPath,
  externalIdSchema,
  fieldsSchema,
  limitsSchema,
  refuse,
  savedOf,
  withLimits,
  writeRequest,
} from "../rest.ts";

export type UpsertInput = {
  object: string;
  externalIdField: string;
  externalId: string | number;
  fields: JsonObject;
  allowDuplicates?: boolean;
};

const examples: UpsertInput[] = [
  {
    object: "Case",
    externalIdField: "Event_Id__c",
    externalId: "evt_7/2.b",
    fields: { Subject: "Cold food", Priority: "High" },
  },
  { object: "Lead", externalIdField: "Number__c", externalId: 17, fields: { LastName: "Rossi", Company: "Rossi" } },
];

export const upsertByExternalId = defineAction<UpsertInput>({
  id: "upsertByExternalId",
  title: "Create or change a record by an external id",
  description:
    "Changes the record whose external id field has this value, or creates it. However often it is repeated, there is " +
    "one record: the field has to be marked as “External ID” and “Unique”.",
  effect: "natural-key-write",
  input: {
    type: "object",
    additionalProperties: false,
    required: ["object", "externalIdField", "externalId", "fields"],
    properties: {
      object: { ...apiNameSchema, description: "The object's API name: Lead, Case, Order__c." },
      externalIdField: { ...apiNameSchema, description: "API name of a field that is marked as External ID." },
      externalId: externalIdSchema,
      fields: fieldsSchema,
      allowDuplicates: allowDuplicatesSchema,
    },
    examples,
  },
  output: {
    type: "object",
    additionalProperties: false,
    required: ["created"],
    properties: {
      id: {
        type: "string",
        description: "The record's id. API versions before 46.0 do not tell that of a changed one.",
      },
      created: { type: "boolean", description: "Whether the record is new." },
      limits: limitsSchema,
    },
    examples: [
      { id: "500Hs00001AbCdEIAV", created: true, limits: { used: 18, max: 15_000 } },
      { id: "500Hs00001AbCdEIAV", created: false },
    ],
  },
  counterExamples: [
    { input: { object: "Case", externalIdField: "Event_Id__c", fields: { Subject: "x" } }, pointer: "/externalId" },
    { input: { object: "Case", externalId: "1", fields: { Subject: "x" } }, pointer: "/externalIdField" },
    {
      input: { object: "Case", externalIdField: "Event_Id__c", externalId: "", fields: { Subject: "x" } },
      pointer: "/externalId",
    },
    {
      input: { object: "Case", externalIdField: "a/b", externalId: "1", fields: { Subject: "x" } },
      pointer: "/externalIdField",
    },
    {
      input: { object: "Case", externalIdField: "Event_Id__c", externalId: null, fields: { Subject: "x" } },
      pointer: "/externalId",
    },
  ],
  request({ object, externalIdField, externalId, fields, allowDuplicates }, call) {
    const path = externalIdPath(object, externalIdField, externalId);
    if (path === undefined) {
      return refuse("external_id", "The external id cannot be a dot or two, nor hold half of a character.");
    }
    const twice = Object.keys(fields).find((name) => isNamed(name, "Id") || isNamed(name, externalIdField));
    if (twice !== undefined) {
      return refuse("external_id_field", `Leave ${twice} out of \`fields\`: \`externalId\` says which record it is.`);
    }
    return { ok: true, request: writeRequest("PATCH", call, path, fields, allowDuplicates) };
  },
  response: answerOf,
});

function isNamed(name: string, field: string): boolean {
  return name.toLowerCase() === field.toLowerCase();
}

function answerOf(answer: HttpAnswer, { externalIdField }: UpsertInput): Answered {
  // Before version 46.0 a changed record is answered without a body.
  if (answer.status === 204) return { ok: true, output: { created: false, ...withLimits(answer) } };
  const saved = savedOf(answer);
  if (saved.ok) return { ok: true, output: { id: saved.id, created: saved.created, ...withLimits(answer) } };
  const errors = vendorErrorsOf(answer);
  if (answer.status < 300 && errors.length === 0) return unreadable(answer);
  const refusal = refusalOf(answer);
  // Two upserts of one new id at once: one creates the record, the other is refused, and finds it when it is repeated.
  const isRace = errors.some((error) => isDuplicateValueOf(error, externalIdField));
  return isRace ? { ok: false, failure: { ...refusal.failure, class: "transient" } } : refusal;
}
