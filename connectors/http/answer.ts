// What does a step of `http.request` get out of an answer?
import type { Answered } from "../../src/connector/contract.ts";
import { readJson } from "../../src/connector/json-answer.ts";
import { httpOutput, httpOutputSchema } from "../../src/connector/output.ts";
import { failureOfAnswer } from "../../src/delivery/classify.ts";
import { isHeaderValue } from "../../src/delivery/header.ts";
import type { HttpAnswer } from "../../src/delivery/http.ts";
import { blobBytesMax, blobRefSchema } from "../../src/model/blob.ts";
import type { FailureClass } from "../../src/model/failure.ts";
import type { Json, JsonSchema } from "../../src/model/json.ts";
import { isRepeatUnsafe } from "./method.ts";
import { listOf } from "./pages.ts";
import type { RequestInput } from "./input.ts";

const blob = { id: "blob_0123456789ABCDEFGHIJKL", bytes: 5, contentType: "image/png", sha256: "0".repeat(64) };

export const requestOutput: JsonSchema = {
  ...httpOutputSchema,
  properties: {
    // The schema's own keyword: an object of schemas.
    ...(httpOutputSchema["properties"] as JsonSchema),
    body: {
      description:
        "The answer's body: JSON, text, or for bytes where they are stored. Of several pages the joined list.",
    },
    pages: { type: "integer", description: "How many pages were read." },
    more: { type: "boolean", description: "There are more pages than `max`." },
  },
  $defs: { blob: { type: "object", required: ["blob"], properties: { blob: blobRefSchema } } },
  examples: [
    { status: 200, headers: { "content-type": "application/json" }, body: { ok: true } },
    { status: 200, headers: { "content-type": "image/png" }, body: { blob } },
    { status: 200, headers: { "content-type": "application/json" }, body: [{ id: 1 }], pages: 1, more: false },
  ],
};

/** How much of an answer is read, in bytes. */
export function answerBytesMax({ as, pages }: RequestInput): number {
  if (as === "bytes") return blobBytesMax;
  if (pages !== undefined) return 1024 * 1024;
  return as === "json" || as === "text" ? 256 * 1024 : 64 * 1024;
}

/** The output, or the failure that the answer is to a step that accepts these statuses and wants this kind of body. */
export function readAnswer(answer: HttpAnswer, input: RequestInput): Answered {
  const isAccepted = (input.accept ?? ["2xx"]).some((pattern) => matchesStatus(pattern, answer.status));
  if (!isAccepted) return { ok: false, failure: failureOfAnswer(answer) };
  if (input.pages !== undefined) return readPage(answer, input);
  switch (input.as ?? "auto") {
    case "auto":
      return { ok: true, output: httpOutput(answer) };
    case "text":
      if (answer.truncated) return tooLarge(answer);
      return { ok: true, output: { ...httpOutput(answer), body: answer.body.toString("utf8") } };
    case "json":
      return readAsJson(answer, input);
    case "bytes":
      return readBytes(answer);
  }
}

function readAsJson(answer: HttpAnswer, input: RequestInput): Answered {
  // RFC 9110, sections 9.3.2 and 15.3.5: these answers have no content.
  if (answer.body.length === 0 && (answer.status === 204 || input.method === "HEAD")) return jsonOutput(answer, null);
  const read = readJson(answer);
  if (read.ok) return jsonOutput(answer, read.value);
  // The request has been carried out: one that is not repeatable by its method is not repeated for its answer's sake.
  if (read.failure.code !== "unreadable" || !isRepeatUnsafe(input.method)) return { ok: false, failure: read.failure };
  return refusal(answer, "permanent", "not_json", "but its body is not JSON: read it as text, or leave out `as`.");
}

function jsonOutput(answer: HttpAnswer, body: Json): Answered {
  return { ok: true, output: { status: answer.status, headers: { ...answer.headers }, body } };
}

function readPage(answer: HttpAnswer, input: RequestInput): Answered {
  const read = readJson(answer);
  if (!read.ok) return { ok: false, failure: read.failure };
  if (listOf(read.value, input.pages) !== undefined) return jsonOutput(answer, read.value);
  const place = input.pages?.items === undefined ? "The page itself" : `What stands at "${input.pages.items}"`;
  return refusal(
    answer,
    "permanent",
    "no_list",
    `but ${place.toLowerCase()} is no list: say in \`items\` where it stands.`,
  );
}

function readBytes(answer: HttpAnswer): Answered {
  if (answer.truncated) return tooLarge(answer);
  const given = answer.headers["content-type"] ?? "";
  const contentType = given !== "" && given.length <= 200 && isHeaderValue(given) ? given : "application/octet-stream";
  const { status, headers, body } = answer;
  return {
    ok: true,
    bytes: body,
    contentType,
    output: (ref) => ({ status, headers: { ...headers }, body: { blob: ref } }),
  };
}

function tooLarge(answer: HttpAnswer): Answered {
  return refusal(answer, "limit", "answer_too_large", "with a larger body than is read: ask for less at once.");
}

function refusal({ status }: HttpAnswer, failureClass: FailureClass, code: string, rest: string): Answered {
  const message = `The receiver answered ${status}, ${rest}`.replace(", with", " with");
  return { ok: false, failure: { class: failureClass, code, message, status } };
}

function matchesStatus(pattern: string, status: number): boolean {
  return pattern.endsWith("xx") ? pattern[0] === String(Math.floor(status / 100)) : pattern === String(status);
}
