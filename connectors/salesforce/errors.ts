// What does a refusal of Salesforce's mean? By its error code where there is one, else by the status.
// https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
import type { Answered } from "../../src/connector/contract.ts";
import { readJson } from "../../src/connector/json-answer.ts";
import { failureOfAnswer } from "../../src/delivery/classify.ts";
import type { HttpAnswer } from "../../src/delivery/http.ts";
import type { Failure, FailureClass } from "../../src/model/failure.ts";
import type { Json } from "../../src/model/json.ts";
import { jsonOf, limitsOf, objectOf } from "./rest.ts";

export type VendorError = {
  code: string;
  message: string;
  /** API names of the fields that it is about. */
  fields: string[];
  /** Ids of the records that a duplicate rule found. */
  matches: string[];
};

export type Refusal = Extract<Answered, { ok: false }>;

const classByCode: ReadonlyMap<string, FailureClass> = new Map([
  ["INVALID_SESSION_ID", "auth_revoked"],
  ["INVALID_AUTH_HEADER", "auth_revoked"],
  ["REQUEST_LIMIT_EXCEEDED", "quota_exhausted"],
  ["STORAGE_LIMIT_EXCEEDED", "quota_exhausted"],
  ["SERVER_UNAVAILABLE", "transient"],
  ["UNABLE_TO_LOCK_ROW", "transient"],
  ["QUERY_TIMEOUT", "transient"],
  // The cursor of a query is gone: the next attempt begins the query anew.
  ["INVALID_QUERY_LOCATOR", "transient"],
  ["DUPLICATES_DETECTED", "conflict"],
  ["DUPLICATE_VALUE", "conflict"],
  ["ENTITY_IS_LOCKED", "conflict"],
  ["API_DISABLED_FOR_ORG", "permission"],
  ["API_CURRENTLY_DISABLED", "permission"],
  ["FUNCTIONALITY_NOT_ENABLED", "permission"],
  ["NOT_FOUND", "not_found"],
  ["ENTITY_IS_DELETED", "not_found"],
  ["REQUIRED_FIELD_MISSING", "validation"],
  ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "validation"],
  ["FIELD_INTEGRITY_EXCEPTION", "validation"],
  ["INVALID_FIELD", "validation"],
  ["INVALID_FIELD_FOR_INSERT_UPDATE", "validation"],
  ["INVALID_TYPE", "validation"],
  ["MALFORMED_ID", "validation"],
  ["MALFORMED_QUERY", "validation"],
  ["JSON_PARSER_ERROR", "validation"],
  ["STRING_TOO_LONG", "validation"],
  ["NUMBER_OUTSIDE_VALID_RANGE", "validation"],
  ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "validation"],
  ["INVALID_EMAIL_ADDRESS", "validation"],
  ["INVALID_CROSS_REFERENCE_KEY", "validation"],
]);

/** What helps, where Salesforce's own sentence does not say. */
const hintByCode: ReadonlyMap<string, string> = new Map([
  ["INVALID_FIELD", "The field is misspelt, or the connection's user may not see it."],
  ["INVALID_TYPE", "The object is misspelt, or the connection's user may not see it."],
  ["NOT_FOUND", "Check the object, the record's id, and the name of the field where an external id is used."],
  ["DUPLICATES_DETECTED", "Set `allowDuplicates` to save all the same, if the rule only warns."],
  ["API_DISABLED_FOR_ORG", "Its edition has no API access, or the user's profile lacks “API Enabled”."],
  ["UNSUPPORTED_API_VERSION", "Give the connection an `apiVersion` that Salesforce still has."],
]);

const minuteMs = 60_000;

/** An answer that is no success, as a failure that names Salesforce's code, sentence, fields and matching records. */
export function refusalOf(answer: HttpAnswer): Refusal {
  const [error] = vendorErrorsOf(answer);
  const failure = error === undefined ? plainFailure(answer) : failureOf(answer, error);
  if (failure.class !== "quota_exhausted") return { ok: false, failure };
  // With requests left in the 24 hours it is the limit of long requests at a time: that ends within minutes.
  return { ok: false, failure, retryAfterMs: isUsedUp(answer) === false ? 5 * minuteMs : 60 * minuteMs };
}

/** A success that cannot be read: asking again is safe, unless the action is an unsafe write. */
export function unreadable(answer: HttpAnswer): Refusal {
  const read = readJson(answer);
  if (!read.ok) return { ok: false, failure: read.failure };
  const message = `Salesforce answered ${answer.status} with something that its API does not answer.`;
  return { ok: false, failure: { class: "transient", code: "unreadable", message, status: answer.status } };
}

/** The errors that an answer's body lists: as a list of them, or inside a result that says `success: false`. */
export function vendorErrorsOf(answer: HttpAnswer): VendorError[] {
  const body = jsonOf(answer);
  const inResult = objectOf(body)?.["errors"];
  const listed = Array.isArray(body) ? body : Array.isArray(inResult) ? inResult : [];
  return listed.flatMap((item) => vendorErrorOf(item) ?? []);
}

/**
 * Whether an error is about a field's value being there already. Salesforce leaves `fields` empty in many of these, and
 * its sentence is then the only place that names the field.
 */
export function isDuplicateValueOf(error: VendorError, field: string): boolean {
  if (error.code !== "DUPLICATE_VALUE") return false;
  const words = error.fields.length > 0 ? error.fields : error.message.split(/[^A-Za-z0-9_]+/);
  return words.some((word) => word.toLowerCase() === field.toLowerCase());
}

function failureOf(answer: HttpAnswer, error: VendorError): Failure {
  const parts = [
    `Salesforce answered ${answer.status} (${error.code}): ${sentence(error.message)}`,
    ...(error.fields.length > 0 ? [`Fields: ${listOf(error.fields)}.`] : []),
    ...(error.matches.length > 0 ? [`Matching records: ${listOf(error.matches)}.`] : []),
    ...[hintByCode.get(error.code) ?? []].flat(),
  ];
  return { class: classOf(answer, error.code), code: error.code, message: parts.join(" "), status: answer.status };
}

function classOf(answer: HttpAnswer, code: string): FailureClass {
  const known = classByCode.get(code);
  if (known !== undefined) return known;
  if (code.startsWith("INSUFFICIENT_ACCESS")) return "permission";
  // A result that says `success: false`: nothing was saved, and the same record would be refused again.
  if (answer.status < 300) return "validation";
  return plainClass(answer);
}

/** By the status alone. A refusal without a reason, at a moment when the day's requests are used up, has that reason. */
function plainClass(answer: HttpAnswer): FailureClass {
  if ((answer.status === 403 || answer.status === 429) && isUsedUp(answer)) return "quota_exhausted";
  return failureOfAnswer(answer).class;
}

function plainFailure(answer: HttpAnswer): Failure {
  if (answer.status === 300) return severalRecords(answer);
  return { ...failureOfAnswer(answer), class: plainClass(answer) };
}

/** An external id that several records have: the body is the list of their addresses. */
function severalRecords(answer: HttpAnswer): Failure {
  const body = jsonOf(answer);
  const ids = (Array.isArray(body) ? body : []).flatMap((address) =>
    typeof address === "string" ? (/\/([A-Za-z0-9]{15,18})$/.exec(address)?.[1] ?? []) : [],
  );
  const which = ids.length > 0 ? `: ${listOf(ids)}` : "";
  const message = `Several records have this external id${which}. Nothing was changed: leave it to one of them.`;
  return { class: "conflict", code: "several_records", message, status: answer.status };
}

/** Undefined when Salesforce did not tell. */
function isUsedUp(answer: HttpAnswer): boolean | undefined {
  const limits = limitsOf(answer);
  return limits && limits.used >= limits.max;
}

function vendorErrorOf(item: Json): VendorError | undefined {
  const error = objectOf(item);
  // Results of writes call the code `statusCode`.
  const code = error?.["errorCode"] ?? error?.["statusCode"];
  if (error === undefined || typeof code !== "string" || !/^[A-Za-z0-9_]{1,80}$/.test(code)) return undefined;
  const message = typeof error["message"] === "string" ? error["message"] : "";
  const fields = Array.isArray(error["fields"]) ? error["fields"] : [];
  return { code, message, fields: fields.filter((name) => typeof name === "string"), matches: matchesOf(error) };
}

function matchesOf(error: { [key: string]: Json }): string[] {
  const results = objectOf(error["duplicateResult"])?.["matchResults"];
  return (Array.isArray(results) ? results : []).flatMap((result) => {
    const records = objectOf(result)?.["matchRecords"];
    return (Array.isArray(records) ? records : []).flatMap((match) => {
      const id = objectOf(objectOf(match)?.["record"])?.["Id"];
      return typeof id === "string" ? [id] : [];
    });
  });
}

/** Long enough for any of Salesforce's sentences; a validation rule's own text may be longer. */
const sentenceCharsMax = 500;

function sentence(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  // By whole words: half a secret would not be known as one.
  const short = line.length > sentenceCharsMax ? `${line.slice(0, sentenceCharsMax).replace(/\S+$/, "")}…` : line;
  return short === "" ? "no reason given." : /[.!?…]$/.test(short) ? short : `${short}.`;
}

function listOf(names: string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(", ")} and ${names.length - 10} more` : names.join(", ");
}
