// http.request: any request to any API.
import { defineAction } from "../../../src/connector/contract.ts";
import type { ActionCall, Built } from "../../../src/connector/contract.ts";
import { httpOutput, httpOutputSchema } from "../../../src/connector/output.ts";
import { failureOfAnswer } from "../../../src/delivery/classify.ts";
import { checkHeaders } from "../../../src/delivery/header.ts";
import type { Json, JsonSchema } from "../../../src/model/json.ts";

type Scalar = string | number | boolean;
type Fields = Record<string, Scalar | Scalar[]>;
export type RequestInput = {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  url: string;
  query?: Fields;
  headers?: Record<string, Scalar>;
  body?: Json;
  form?: Fields;
  accept?: string[];
};

const examples: RequestInput[] = [
  { method: "GET", url: "https://api.example.com/orders", query: { status: "open", tag: ["a", "b"], page: 2 } },
  { method: "GET", url: "https://api.example.com/orders/7", accept: ["2xx", "404"] },
  { method: "POST", url: "https://api.example.com/orders", headers: { "X-Team": "sales" }, body: { total: 12.5 } },
  { method: "PUT", url: "https://api.example.com/notes/1", headers: { "content-type": "text/plain" }, body: "Hello" },
  { method: "POST", url: "https://api.example.com/login", form: { user: "ann", remember: true } },
];

const scalar = { type: ["string", "number", "boolean"] } as const;
const fields = {
  type: "object",
  maxProperties: 200,
  additionalProperties: { anyOf: [scalar, { type: "array", maxItems: 200, items: scalar }] },
} as const;

const input: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["method", "url"],
  properties: {
    method: { enum: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] },
    url: { type: "string", minLength: 1 },
    query: { ...fields, description: "Added to the URL's own query. A list repeats its name." },
    headers: { type: "object", maxProperties: 100, additionalProperties: scalar },
    body: { description: "Text as it stands, or any other JSON." },
    form: { ...fields, description: "A body of the form application/x-www-form-urlencoded." },
    accept: {
      type: "array",
      minItems: 1,
      maxItems: 50,
      items: { type: "string", pattern: "^[1-5](?:xx|[0-9]{2})$" },
      description: 'Statuses and families that are a success: ["2xx"] unless given.',
    },
  },
  not: { type: "object", required: ["body", "form"], properties: { body: true, form: true } },
  examples,
};

export const request = defineAction<RequestInput>({
  id: "request",
  title: "Send an HTTP request",
  description: "Sends a request with a method, query, headers and body of your own.",
  // Requests that are not repeatable by their method carry an `idempotency-key`.
  effect: "keyed-write",
  input,
  output: httpOutputSchema,
  counterExamples: [
    { input: { method: "GET" }, pointer: "/url" },
    { input: { url: "https://example.com" }, pointer: "/method" },
    { input: { method: "get", url: "https://example.com" }, pointer: "/method" },
    { input: { method: "TRACE", url: "https://example.com" }, pointer: "/method" },
    { input: { method: "GET", url: "https://example.com", timeout: "5s" }, pointer: "/timeout" },
    { input: { method: "POST", url: "https://example.com", body: 1, form: {} }, pointer: "" },
    { input: { method: "GET", url: "https://example.com", accept: ["ok"] }, pointer: "/accept/0" },
    { input: { method: "GET", url: "https://example.com", accept: [] }, pointer: "/accept" },
    { input: { method: "GET", url: "https://example.com", headers: { "X-A": null } }, pointer: "/headers/X-A" },
  ],
  request: buildRequest,
  response(answer, given) {
    const isAccepted = (given.accept ?? ["2xx"]).some((pattern) => matchesStatus(pattern, answer.status));
    return isAccepted ? { ok: true, output: httpOutput(answer) } : { ok: false, failure: failureOfAnswer(answer) };
  },
});

function buildRequest(given: RequestInput, call: ActionCall): Built {
  const ownHeaders = Object.fromEntries(
    Object.entries(given.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const [finding] = checkHeaders(ownHeaders);
  if (finding) {
    const message = `/headers${finding.pointer}: ${finding.message}`;
    return { ok: false, failure: { class: "validation", code: finding.code, message } };
  }
  const content = contentOf(given);
  const ownNames = new Set(Object.keys(ownHeaders).map((name) => name.toLowerCase()));
  const headers: Record<string, string> = {};
  if (content && !ownNames.has("content-type")) headers["content-type"] = content.type;
  if (isRepeatUnsafe(given.method) && !ownNames.has("idempotency-key")) headers["idempotency-key"] = call.deliveryId;
  return {
    ok: true,
    request: {
      method: given.method,
      url: withQuery(given.url, given.query ?? {}),
      headers: { ...headers, ...ownHeaders },
      ...(content ? { body: content.text } : {}),
    },
  };
}

/** RFC 9110 §9.2.2: all methods but these are idempotent. */
function isRepeatUnsafe(method: RequestInput["method"]): boolean {
  return method === "POST" || method === "PATCH";
}

function contentOf({ body, form }: RequestInput): { type: string; text: string } | undefined {
  if (form !== undefined) return { type: "application/x-www-form-urlencoded", text: encode(form) };
  if (body === undefined) return undefined;
  if (typeof body === "string") return { type: "text/plain; charset=utf-8", text: body };
  return { type: "application/json", text: JSON.stringify(body) };
}

/** The URL's own query keeps its spelling: some signatures are made over it. */
function withQuery(url: string, query: Fields): string {
  const added = encode(query);
  if (added === "") return url;
  const [address = "", ...fragment] = url.split("#");
  const separator = !address.includes("?") ? "?" : /[?&]$/.test(address) ? "" : "&";
  return [`${address}${separator}${added}`, ...fragment].join("#");
}

function encode(values: Fields): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(pairs).toString();
}

function matchesStatus(pattern: string, status: number): boolean {
  return pattern.endsWith("xx") ? pattern[0] === String(Math.floor(status / 100)) : pattern === String(status);
}
