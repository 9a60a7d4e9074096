// What does a step give to `http.request`? The type, its schema, examples that hold and such that do not.
import type { CounterExample } from "../../src/connector/contract.ts";
import { blobIdSchema } from "../../src/model/blob.ts";
import type { BlobId } from "../../src/model/ids.ts";
import type { Json, JsonSchema } from "../../src/model/json.ts";

export type Scalar = string | number | boolean;
export type Fields = Record<string, Scalar | Scalar[]>;
/** A part of a `multipart/form-data` body: a field, or a stored blob as a file. */
export type Part = { name: string; value: Scalar } | { name: string; blob: BlobId; filename?: string };

/** How the pages of a list follow each other; `items` says where in each page the list stands. */
export type Pages = { items?: string; max?: number } & (
  | { kind: "link" }
  | { kind: "cursor"; path: string; param: string }
  | { kind: "page"; param: string; start?: number }
  | { kind: "offset"; param: string; start?: number }
);

export type RequestInput = {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  url: string;
  query?: Fields;
  headers?: Record<string, Scalar>;
  body?: Json;
  form?: Fields;
  multipart?: Part[];
  blob?: BlobId;
  accept?: string[];
  as?: "auto" | "json" | "text" | "bytes";
  pages?: Pages;
};

const url = "https://api.example.com/orders";
const blob: BlobId = "blob_0123456789ABCDEFGHIJKL";

const examples: RequestInput[] = [
  { method: "GET", url, query: { status: "open", tag: ["a", "b"], page: 2 } },
  { method: "GET", url: `${url}/7`, accept: ["2xx", "404"] },
  { method: "POST", url, headers: { "X-Team": "sales" }, body: { total: 12.5 } },
  { method: "PUT", url: "https://api.example.com/notes/1", headers: { "content-type": "text/plain" }, body: "Hello" },
  { method: "POST", url: "https://api.example.com/login", form: { user: "ann", remember: true } },
  { method: "POST", url: `${url}/7/files`, multipart: [{ name: "title", value: "Receipt" }] },
  { method: "GET", url: `${url}/7/receipt`, as: "bytes" },
  { method: "GET", url, as: "json", pages: { kind: "link", max: 20 } },
  { method: "GET", url, pages: { kind: "cursor", path: "meta.next", param: "cursor", items: "data" } },
  { method: "GET", url, pages: { kind: "page", param: "page", start: 1, items: "data" } },
  { method: "GET", url, pages: { kind: "offset", param: "offset" } },
];

const scalar = { type: ["string", "number", "boolean"] } as const;
const fields = {
  type: "object",
  maxProperties: 200,
  additionalProperties: { anyOf: [scalar, { type: "array", maxItems: 200, items: scalar }] },
} as const;
const name = { type: "string", minLength: 1, maxLength: 200 } as const;
const start = { type: "integer", minimum: 0, maximum: 1_000_000_000 } as const;

const multipart: JsonSchema = {
  type: "array",
  minItems: 1,
  maxItems: 100,
  description: "A body of the form multipart/form-data: fields, and stored blobs as files, 10 MB at most together.",
  items: {
    type: "object",
    if: { type: "object", required: ["blob"], properties: { blob: true } },
    then: {
      additionalProperties: false,
      required: ["name"],
      properties: { name, blob: blobIdSchema, filename: name },
    },
    else: { additionalProperties: false, required: ["name", "value"], properties: { name, value: scalar } },
  },
};

const pages: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["kind"],
  description: "Reads all pages of a list and joins them: the output's `body` is the list.",
  properties: {
    kind: {
      enum: ["link", "cursor", "page", "offset"],
      description: "`link`: the next page stands in the Link header (RFC 8288, rel=next).",
    },
    path: { ...name, description: "For `cursor`: where in the answer the next cursor stands, as in `meta.next`." },
    param: { ...name, description: "The query parameter that takes the cursor, the page's number or the offset." },
    start: { ...start, description: "The first page's number (1 unless given), or the first offset (0)." },
    items: {
      ...name,
      description: "Where in each answer the list stands, as in `data`; the answer itself unless given.",
    },
    max: { type: "integer", minimum: 1, maximum: 1_000, description: "Most pages that are read: 100 unless given." },
  },
  allOf: [needs("cursor", ["path", "param"]), needs("page", ["param"]), needs("offset", ["param"])],
};

function needs(kind: Pages["kind"], required: string[]): JsonSchema {
  return { if: { type: "object", properties: { kind: { const: kind } } }, then: { required } };
}

/** At most one of these members. */
const bodies = ["body", "form", "multipart", "blob"] as const;
const exclusive = bodies.flatMap((one, index) =>
  bodies.slice(index + 1).map((other): JsonSchema => {
    return { not: { type: "object", required: [one, other], properties: { [one]: true, [other]: true } } };
  }),
);

export const requestInput: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["method", "url"],
  properties: {
    method: { enum: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] },
    url: { type: "string", description: "Absolute, or from `/` on behind the connection's base URL." },
    query: { ...fields, description: "Added to the URL's own query. A list repeats its name." },
    headers: {
      type: "object",
      maxProperties: 100,
      additionalProperties: scalar,
      "x-headers": true,
      description: "Those that hold credentials by their name are never recorded.",
    },
    body: { description: "Text as it stands, or any other JSON." },
    form: { ...fields, description: "A body of the form application/x-www-form-urlencoded." },
    multipart,
    blob: { ...blobIdSchema, description: "A stored blob is the body, of its own content type." },
    accept: {
      type: "array",
      minItems: 1,
      maxItems: 50,
      items: { type: "string", pattern: "^[1-5](?:xx|[0-9]{2})$" },
      description: 'Statuses and families that are a success: ["2xx"] unless given.',
    },
    as: {
      enum: ["auto", "json", "text", "bytes"],
      description:
        "How the answer's body is read. `auto`: JSON where it is JSON, else text, 64 KB at most. `json`, `text`: 256 KB " +
        "at most. `bytes`: stored as a blob of 10 MB at most, for 30 days.",
    },
    pages,
  },
  allOf: [
    ...exclusive,
    {
      if: { type: "object", required: ["pages"], properties: { pages: true } },
      then: { properties: { method: { const: "GET" }, as: { enum: ["auto", "json"] } } },
    },
  ],
  examples,
};

const get = { method: "GET", url };

export const requestCounterExamples: CounterExample[] = [
  { input: { method: "GET" }, pointer: "/url" },
  { input: { url }, pointer: "/method" },
  { input: { ...get, method: "get" }, pointer: "/method" },
  { input: { ...get, method: "TRACE" }, pointer: "/method" },
  { input: { ...get, method: "CONNECT" }, pointer: "/method" },
  { input: { ...get, timeout: "5s" }, pointer: "/timeout" },
  { input: { method: "POST", url, body: 1, form: {} }, pointer: "" },
  { input: { method: "POST", url, multipart: [{ name: "a", value: 1 }], blob }, pointer: "" },
  { input: { method: "POST", url, multipart: [{ name: "a" }] }, pointer: "/multipart/0/value" },
  {
    input: { method: "POST", url, multipart: [{ name: "a", value: 1, filename: "b" }] },
    pointer: "/multipart/0/filename",
  },
  { input: { method: "POST", url, blob: "run_0123456789ABCDEFGHIJKL" }, pointer: "/blob" },
  { input: { ...get, accept: ["ok"] }, pointer: "/accept/0" },
  { input: { ...get, accept: [] }, pointer: "/accept" },
  { input: { ...get, as: "xml" }, pointer: "/as" },
  { input: { ...get, headers: { "X-A": null } }, pointer: "/headers/X-A" },
  { input: { ...get, pages: { kind: "cursor", param: "cursor" } }, pointer: "/pages/path" },
  { input: { ...get, pages: { kind: "page" } }, pointer: "/pages/param" },
  { input: { ...get, pages: { kind: "link", max: 0 } }, pointer: "/pages/max" },
  { input: { ...get, as: "bytes", pages: { kind: "link" } }, pointer: "/as" },
  { input: { method: "POST", url, pages: { kind: "link" } }, pointer: "/method" },
];
