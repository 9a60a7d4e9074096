// What does an answer of Slack mean? The Web API says it in a JSON body, mostly with status 200; webhooks in plain text.
import type { Answered } from "../../src/connector/contract.ts";
import { readJson } from "../../src/connector/json-answer.ts";
import { failureOfAnswer } from "../../src/delivery/classify.ts";
import type { HttpAnswer } from "../../src/delivery/http.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { halfDone, refusalOf } from "./errors.ts";

/** How much of an answer is read, in bytes: it repeats a message of up to 40,000 characters, each of them escaped. */
export const answerBytesMax = 1024 * 1024;
/** How much of Slack's own words a failure repeats, in characters. */
const excerptCharsMax = 500;

/** How Slack writes its error codes. */
const codeForm = /^[a-z][a-z0-9_]{0,99}$/;

/** Where a message is to be looked for when nobody knows whether it was posted; absent where repeating does no harm. */
type Doubt = { place: string };

/** The output that `read` finds in a successful answer of the Web API, or the failure that the answer is. */
export function webApiAnswer(
  answer: HttpAnswer,
  read: (body: JsonObject) => JsonObject | undefined,
  doubt?: Doubt,
): Answered {
  const body = jsonObjectOf(answer);
  const isSuccess = answer.status >= 200 && answer.status < 300;
  if (body?.["ok"] === false && typeof body["error"] === "string") {
    return { ok: false, failure: failureOfBody(answer, body["error"], body, doubt) };
  }
  if (!isSuccess) return { ok: false, failure: failureOfStatus(answer, doubt) };
  const output = body?.["ok"] === true ? read(body) : undefined;
  if (output === undefined) return { ok: false, failure: unreadable(answer, doubt) };
  return { ok: true, output: { ok: true, ...output, ...warningsOf(body) } };
}

/** The same of an incoming webhook, which answers `ok` or an error code as text, with a status that fits. */
export function webhookAnswer(answer: HttpAnswer, doubt: Doubt): Answered {
  const code = webhookCodeOf(answer);
  if (answer.status >= 200 && answer.status < 300) {
    return code === "ok" ? { ok: true, output: { ok: true } } : { ok: false, failure: unreadable(answer, doubt) };
  }
  const failure = code === undefined ? failureOfStatus(answer, doubt) : failureOfBody(answer, code, {}, doubt);
  return { ok: false, failure };
}

/** The word that an incoming webhook answered with; undefined when the answer is something else. */
export function webhookCodeOf(answer: HttpAnswer): string | undefined {
  const text = answer.truncated ? "" : answer.body.toString("utf8").trim();
  return codeForm.test(text) ? text : undefined;
}

function failureOfBody(answer: HttpAnswer, code: string, body: JsonObject, doubt: Doubt | undefined): Failure {
  const { status } = answer;
  if (doubt !== undefined && halfDone.has(code)) return inDoubt(`Slack answered "${code}"`, code, status, doubt);
  const refusal = refusalOf(code);
  const details = detailsOf(body);
  if (refusal === undefined) return unknownRefusal(answer, code, details, doubt);
  return { class: refusal.class, code, message: `${refusal.advice} (Slack: ${code}).${details}`, status };
}

/** A code that is not known here: the status decides, and 200 says no more than that Slack refused. */
function unknownRefusal(answer: HttpAnswer, said: string, details: string, doubt: Doubt | undefined): Failure {
  const { status } = answer;
  // What is no code is only ever shown in a message: there secrets are replaced.
  const code = codeForm.test(said) ? said : "unknown_error";
  const quoted = `"${excerpt(said)}".${details}`;
  if (status < 400) return { class: "permanent", code, message: `Slack refused with ${quoted}`, status };
  const failure = failureOfStatus(answer, doubt);
  return { ...failure, code, message: `${failure.message} Slack says ${quoted}` };
}

/** An answer that is not in Slack's own words: of something between, or of a Slack that is down. */
function failureOfStatus(answer: HttpAnswer, doubt: Doubt | undefined): Failure {
  const failure = failureOfAnswer(answer);
  const { status } = answer;
  // RFC 9110 §15.6.4: a server that says when to come back has not begun. Any other 5xx can hide a call that was applied.
  const isApplied = status >= 500 && !(status === 503 && answer.headers["retry-after"] !== undefined);
  return doubt !== undefined && isApplied ? inDoubt(`Slack answered ${status}`, failure.code, status, doubt) : failure;
}

/** A success whose body is not one that Slack writes. The codes are those of the executor's own reader. */
function unreadable({ status, truncated }: HttpAnswer, doubt: Doubt | undefined): Failure {
  const code = truncated ? "answer_too_large" : "unreadable";
  const what = truncated
    ? "Slack's answer is larger than what is read of it"
    : `Slack answered ${status} with a body that is not its own`;
  if (doubt !== undefined) return inDoubt(what, code, status, doubt);
  return { class: truncated ? "limit" : "transient", code, message: `${what}.`, status };
}

function inDoubt(what: string, code: string, status: number, { place }: Doubt): Failure {
  const message = `${what}, so the message may have been posted or not: is it in ${place}?`;
  return { class: "ambiguous", code, message, status };
}

/** What Slack says beside the code: the scope that is missing, or what is wrong with the content. */
function detailsOf(body: JsonObject): string {
  const { needed, provided } = body;
  const scopes = typeof needed === "string" ? [`The scope that is needed: ${needed}.`] : [];
  if (typeof provided === "string") scopes.push(`The token has: ${provided}.`);
  const said = metadataTexts(body, "messages");
  const text = [...scopes, ...(said.length > 0 ? [`Slack says: ${said.join("; ")}`] : [])].join(" ");
  return text === "" ? "" : ` ${excerpt(text)}`;
}

/** The beginning of a text, by whole words: half a secret would not be known as one. */
function excerpt(text: string): string {
  return text.length <= excerptCharsMax ? text : `${text.slice(0, excerptCharsMax).replace(/\S+$/, "")}…`;
}

/** Slack goes on after what it only warns about, such as a text that it has cut. */
function warningsOf(body: JsonObject | undefined): { warnings?: string[] } {
  const warnings = body === undefined ? [] : metadataTexts(body, "warnings");
  return warnings.length === 0 ? {} : { warnings };
}

function metadataTexts(body: JsonObject, name: "messages" | "warnings"): string[] {
  const metadata = body["response_metadata"];
  const texts = isObject(metadata) ? metadata[name] : undefined;
  return Array.isArray(texts) ? texts.filter((text) => typeof text === "string").slice(0, 10) : [];
}

function jsonObjectOf(answer: HttpAnswer): JsonObject | undefined {
  const read = readJson(answer);
  return read.ok && isObject(read.value) ? read.value : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
