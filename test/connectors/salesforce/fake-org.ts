// What does the fake organization keep, and what does it refuse? Records in memory, with Salesforce's rules for them.
import type { Json } from "../../../src/model/json.ts";
import { objectOf } from "../../../connectors/salesforce/rest.ts";
import { textOf } from "./fake-soql.ts";
import type { Row } from "./fake-soql.ts";

/** What an object's records may hold. Ids and system fields are added by the organization. */
export type FakeObject = {
  /** Three characters with which ids begin. */
  prefix: string;
  fields: string[];
  required?: string[];
  /** Fields by which records can be upserted; also unique. */
  externalIds?: string[];
  unique?: string[];
  picklists?: { [field: string]: string[] };
  emails?: string[];
  lengths?: { [field: string]: number };
};
export type FakeObjects = { [name: string]: FakeObject };

const words = (text: string): string[] => text.split(" ");

export const defaultObjects: FakeObjects = {
  Lead: {
    prefix: "00Q",
    fields: words(
      "FirstName LastName Company Website Phone Email Street City State PostalCode LeadSource Status Directory_Id__c",
    ),
    required: ["LastName", "Company"],
    externalIds: ["Directory_Id__c"],
    emails: ["Email"],
  },
  Case: {
    prefix: "500",
    fields: words("Subject Description Priority Origin Status Event_Id__c Directory_Id__c Delivery_Id__c Copy_Id__c"),
    externalIds: ["Event_Id__c", "Directory_Id__c"],
    unique: ["Delivery_Id__c"],
    picklists: { Priority: ["High", "Medium", "Low"] },
    lengths: { Subject: 255 },
  },
  Account: { prefix: "001", fields: ["Name", "Phone", "Number__c", "Active__c"], required: ["Name"] },
  Organization: { prefix: "00D", fields: ["Name"] },
};

/** An answer as Salesforce words it. */
export type FakeReply = { status: number; body?: Json };

export type FakeOrg = {
  /** All records of an object, oldest first. */
  records: (object: string) => Row[];
  isField: (object: string, field: string) => boolean;
  create: (object: string, fields: Row, allowDuplicates: boolean) => FakeReply;
  update: (object: string, id: string, fields: Row) => FakeReply;
  upsert: (object: string, field: string, value: string, fields: Row, allowDuplicates: boolean) => FakeReply;
  find: (object: string, field: string, value: string) => Row[] | undefined;
};

/** Ids of the records that a new one duplicates, by a duplicate rule of the organization's own. */
export type DuplicateRule = (object: string, fields: Row, existing: Row[]) => string[];

export function refusal(status: number, errorCode: string, message: string, fields: string[] = []): FakeReply {
  return { status, body: [{ message, errorCode, fields }] };
}

/** An empty organization with the given objects. */
export function createFakeOrg(objects: FakeObjects, isDuplicate: DuplicateRule, version: () => string): FakeOrg {
  const rowsByObject = new Map<string, Map<string, Row>>(Object.keys(objects).map((name) => [name, new Map()]));
  const records = (object: string): Row[] => [...(rowsByObject.get(object)?.values() ?? [])];
  let count = 0;

  const insert = (object: string, prefix: string, fields: Row): string => {
    count += 1;
    const id = withSuffix(`${prefix}Hs${String(count).padStart(10, "0")}`);
    const url = `/services/data/v${version()}/sobjects/${object}/${id}`;
    const CreatedDate = new Date(Date.UTC(2026, 0, 1) + count).toISOString();
    rowsByObject.get(object)?.set(id, { attributes: { type: object, url }, Id: id, ...fields, CreatedDate });
    return id;
  };

  const save = (object: string, fields: Row, allowDuplicates: boolean): FakeReply => {
    const rules = objects[object];
    if (rules === undefined) return refusal(404, "NOT_FOUND", "The requested resource does not exist");
    const wrong = wrongIn(object, rules, fields, undefined, records(object)) ?? missingIn(rules, fields);
    if (wrong) return wrong;
    const matches = allowDuplicates ? [] : isDuplicate(object, fields, records(object));
    if (matches.length > 0) return duplicatesDetected(object, matches);
    return { status: 201, body: { id: insert(object, rules.prefix, fields), success: true, errors: [] } };
  };

  const update = (object: string, id: string, fields: Row): FakeReply => {
    const rules = objects[object];
    const row = rowsByObject.get(object)?.get(id.length === 15 ? withSuffix(id) : id);
    if (rules === undefined || row === undefined) {
      return refusal(404, "NOT_FOUND", "The requested resource does not exist");
    }
    const wrong = wrongIn(object, rules, fields, row, records(object));
    if (wrong) return wrong;
    Object.assign(row, fields);
    return { status: 204 };
  };

  const find: FakeOrg["find"] = (object, field, value) => {
    if (field !== "Id" && !objects[object]?.externalIds?.includes(field)) return undefined;
    return records(object).filter((row) => textOf(row[field]).toLowerCase() === value.toLowerCase());
  };

  return {
    records,
    find,
    update,
    create: save,
    isField: (object, field) =>
      ["Id", "CreatedDate", ...(objects[object]?.fields ?? [])].some((name) => name === field),
    upsert(object, field, value, fields, allowDuplicates) {
      const found = find(object, field, value);
      if (found === undefined) return refusal(404, "NOT_FOUND", "The requested resource does not exist");
      if (found.length > 1) {
        return { status: 300, body: found.map(addressOf) };
      }
      if (Object.keys(fields).some((name) => name === "Id" || name === field)) {
        return refusal(400, "INVALID_FIELD", `The ${field} field should not be specified in the sobject data.`);
      }
      const [row] = found;
      if (row === undefined) {
        const reply = save(object, { ...fields, [field]: value }, allowDuplicates);
        return reply.status === 201 ? { status: 201, body: { ...objectOf(reply.body), created: true } } : reply;
      }
      const reply = update(object, textOf(row["Id"]), fields);
      if (reply.status !== 204) return reply;
      return { status: 200, body: { id: textOf(row["Id"]), success: true, errors: [], created: false } };
    },
  };
}

/** Where a record is: `/services/data/v66.0/sobjects/Case/500…`. */
export function addressOf(row: Row): string {
  return textOf(objectOf(row["attributes"])?.["url"]);
}

function wrongIn(
  object: string,
  rules: FakeObject,
  fields: Row,
  own: Row | undefined,
  all: Row[],
): FakeReply | undefined {
  for (const [name, value] of Object.entries(fields)) {
    if (!rules.fields.includes(name)) {
      return refusal(400, "INVALID_FIELD", `No such column '${name}' on sobject of type ${object}`);
    }
    const text = textOf(value);
    const picklist = rules.picklists?.[name];
    if (picklist && value !== null && !picklist.includes(text)) {
      const message = `${name}: bad value for restricted picklist field: ${text}`;
      return refusal(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [name]);
    }
    if (rules.emails?.includes(name) && text !== "" && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text)) {
      return refusal(400, "INVALID_EMAIL_ADDRESS", `${name}: invalid email address: ${text}`, [name]);
    }
    if (text.length > (rules.lengths?.[name] ?? Infinity)) {
      return refusal(400, "STRING_TOO_LONG", `${name}: data value too large: ${text.slice(0, 20)}`, [name]);
    }
    const isUnique = [...(rules.unique ?? []), ...(rules.externalIds ?? [])].includes(name);
    const same = isUnique && value !== null ? all.find((row) => row !== own && row[name] === value) : undefined;
    // Salesforce leaves `fields` empty here.
    if (same) {
      const message = `duplicate value found: ${name} duplicates value on record with id: ${textOf(same["Id"])}`;
      return refusal(400, "DUPLICATE_VALUE", message);
    }
  }
  return undefined;
}

function missingIn(rules: FakeObject, fields: Row): FakeReply | undefined {
  const missing = (rules.required ?? []).filter((name) => fields[name] === undefined || fields[name] === null);
  if (missing.length === 0) return undefined;
  return refusal(400, "REQUIRED_FIELD_MISSING", `Required fields are missing: [${missing.join(", ")}]`, missing);
}

function duplicatesDetected(object: string, ids: string[]): FakeReply {
  const matchRecords = ids.map((Id) => ({
    additionalInformation: [],
    fieldDiffs: [],
    matchConfidence: 100,
    record: { attributes: { type: object }, Id },
  }));
  const matchResults = [
    { entityType: object, errors: [], matchRecords, rule: "Standard_Match", size: 1, success: true },
  ];
  const duplicateResult = { allowSave: true, duplicateRule: "Standard_Rule", matchResults };
  const message = "You're creating a duplicate record. We recommend you use an existing record instead.";
  return { status: 400, body: [{ duplicateResult, errorCode: "DUPLICATES_DETECTED", message }] };
}

/** The 18-character form of an id: three characters that tell which of the 15 are upper case. */
function withSuffix(id: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
  const suffix = [0, 5, 10].map((start) => {
    const bits = [0, 1, 2, 3, 4].map((bit) => (/[A-Z]/.test(id[start + bit] ?? "") ? 1 << bit : 0));
    return letters[bits.reduce((sum, bit) => sum + bit, 0)];
  });
  return id + suffix.join("");
}
