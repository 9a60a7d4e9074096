// Salesforce: records of any object, by its REST API.
import { defineConnector } from "../../src/connector/contract.ts";
import { createRecord } from "./actions/create-record.ts";
import { getRecord } from "./actions/get-record.ts";
import { query } from "./actions/query.ts";
import { updateRecord } from "./actions/update-record.ts";
import { upsertByExternalId } from "./actions/upsert-by-external-id.ts";
import { clientCredentials, jwtBearer } from "./auth.ts";
import { refusalOf, unreadable } from "./errors.ts";
import { jsonOf, objectOf, queryRequest } from "./rest.ts";

export const salesforce = defineConnector({
  id: "salesforce",
  title: "Salesforce",
  description: "Creates, changes and finds records of any object: leads, cases, accounts, your own.",
  auth: { methods: [jwtBearer, clientCredentials], connection: "required" },
  refusalsCount: true,
  check: {
    request: (connection) => queryRequest(connection, "SELECT Id FROM Organization LIMIT 1"),
    response(answer) {
      if (answer.status !== 200) return { ok: false, failure: refusalOf(answer).failure };
      const records = objectOf(jsonOf(answer))?.["records"];
      const id = Array.isArray(records) ? objectOf(records[0])?.["Id"] : undefined;
      if (typeof id !== "string") return { ok: false, failure: unreadable(answer).failure };
      return { ok: true, detail: `Connected to the organization ${id}.` };
    },
  },
  actions: [createRecord, updateRecord, upsertByExternalId, query, getRecord],
});
