// A problem: what the API answers instead of a result (RFC 9457), and one finding in a document.

import type { JsonSchema } from "./json.ts";

/** One finding in a document: where (RFC 6901 JSON pointer), which rule, what is wrong, and the text to write instead. */
export type Finding = { pointer: string; code: string; message: string; suggestion?: string };

export type Problem = {
  /** Address of the code's documentation. */
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
  errors?: Finding[];
};

/** The pointer to a member or item of the value at `pointer` (RFC 6901, section 3). */
export function childPointer(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

export const findingSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["pointer", "code", "message"],
  properties: {
    pointer: { type: "string", description: "Where: a JSON pointer into the request's body (RFC 6901)." },
    code: { type: "string", description: "Which rule: `required`, `unknown`, `type`, …" },
    message: { type: "string", description: "What is wrong, in a sentence." },
    suggestion: { type: "string", description: "What to write instead, where it can be guessed." },
  },
};

export const findingExamples: Finding[] = [
  { pointer: "/steps/0/with/url", code: "required", message: "`url` is missing." },
  { pointer: "/steps/0/retries", code: "unknown", message: "`retries` is not known here.", suggestion: "retry" },
];

export const problemSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["type", "title", "status", "code", "detail", "requestId"],
  properties: {
    type: { type: "string", description: "Address of the code's documentation." },
    title: { type: "string" },
    status: { type: "integer", minimum: 400, maximum: 599 },
    code: { type: "string", description: "Stable and catalogued: programs may branch on it." },
    detail: { type: "string", description: "What is wrong in this case, and what to change." },
    requestId: { type: "string" },
    errors: { type: "array", items: findingSchema },
  },
};

export const problemExamples: Problem[] = [
  {
    type: "/docs/errors#flow.invalid",
    title: "The flow is not valid",
    status: 422,
    code: "flow.invalid",
    detail: "The flow has 2 errors.",
    requestId: "req_01TrqCYz3Zr8L2aQm5Nd0x",
    errors: findingExamples,
  },
];
