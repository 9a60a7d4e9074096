// http.request: any request to any API.
import { defineAction } from "../../../src/connector/contract.ts";
import type { ActionCall, ActionRequest, Built } from "../../../src/connector/contract.ts";
import { checkHeaders } from "../../../src/delivery/header.ts";
import type { HttpAnswer } from "../../../src/delivery/http.ts";
import type { Json } from "../../../src/model/json.ts";
import { answerBytesMax, readAnswer, requestOutput } from "../answer.ts";
import { blobsOf, contentOf, encodeFields } from "../content.ts";
import { requestCounterExamples, requestInput, type Fields, type RequestInput } from "../input.ts";
import { isRepeatUnsafe } from "../method.ts";
import { joinPages, nextPage, pagesMaxOf, pagesOf } from "../pages.ts";
import { readUrl } from "../../../src/model/url.ts";

export const request = defineAction<RequestInput>({
  id: "request",
  title: "Send an HTTP request",
  description: "Sends a request with a method, query, headers and body of your own.",
  // Requests that are not repeatable by their method carry an `idempotency-key`.
  effect: "keyed-write",
  input: requestInput,
  output: requestOutput,
  counterExamples: requestCounterExamples,
  request: buildRequest,
  response: readAnswer,
  blobs: blobsOf,
  answerBytesMax,
  pages: { next: buildNext, join: joinPages },
});

function buildRequest(given: RequestInput, call: ActionCall): Built {
  const ownHeaders = Object.fromEntries(
    Object.entries(given.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  const ownNames = new Set(Object.keys(ownHeaders).map((name) => name.toLowerCase()));
  const [finding] = checkHeaders(ownHeaders);
  if (finding) return invalid(finding.code, `/headers${finding.pointer}: ${finding.message}`);
  if (call.connection !== undefined && ownNames.has("authorization")) {
    const message = '/headers: the step names a connection, which authenticates: leave out the header "authorization".';
    return invalid("header.denied", message);
  }
  const content = contentOf(given, call.blobs ?? new Map());
  const headers: Record<string, string> = {};
  if (content && !ownNames.has("content-type")) headers["content-type"] = content.type;
  if (isRepeatUnsafe(given.method) && !ownNames.has("idempotency-key")) headers["idempotency-key"] = call.deliveryId;
  return {
    ok: true,
    request: {
      method: given.method,
      url: withQuery(given.url, firstQuery(given)),
      headers: { ...headers, ...ownHeaders },
      ...(content ? { body: content.body } : {}),
    },
  };
}

/** The input's query, with the first page's number or offset where the step says which it is. */
function firstQuery({ query = {}, pages }: RequestInput): Fields {
  if (pages === undefined || !("start" in pages) || pages.start === undefined) return query;
  return { ...query, [pages.param]: pages.start };
}

/** The request for the next page: the same again, at another address or with another parameter. */
function buildNext(
  _answer: HttpAnswer,
  given: RequestInput,
  call: ActionCall,
  page: number,
  outputs: readonly Json[],
): ActionRequest | undefined {
  const { pages } = given;
  if (pages === undefined || page >= pagesMaxOf(pages)) return undefined;
  const next = nextPage(pages, pagesOf(outputs));
  if (next === undefined) return undefined;
  const following: RequestInput =
    "url" in next
      ? { ...withoutQuery(given), url: absolute(next.url, given, call) }
      : { ...given, query: { ...given.query, [next.param]: next.value } };
  const { pages: _, ...alone } = following;
  const built = buildRequest(alone, call);
  // The first page's request was built from the same parts.
  return built.ok ? built.request : undefined;
}

/** A link holds its own query. */
function withoutQuery(given: RequestInput): RequestInput {
  const { query: _, ...rest } = given;
  return rest;
}

/** A link may be relative to the page that it stands in (RFC 8288, section 3.1). */
function absolute(link: string, { url }: RequestInput, { connection }: ActionCall): string {
  const baseUrl = connection?.fields["baseUrl"];
  const base = typeof baseUrl === "string" ? baseUrl.replace(/\/+$/, "") : "";
  const page = url.startsWith("/") || url === "" ? `${base}${url}` : url;
  return readUrl(link, page)?.href ?? link;
}

/** The URL's own query keeps its spelling: some signatures are made over it. */
function withQuery(url: string, query: Fields): string {
  const added = encodeFields(query);
  if (added === "") return url;
  const [address = "", ...fragment] = url.split("#");
  const separator = !address.includes("?") ? "?" : /[?&]$/.test(address) ? "" : "&";
  return [`${address}${separator}${added}`, ...fragment].join("#");
}

function invalid(code: string, message: string): Built {
  return { ok: false, failure: { class: "validation", code, message } };
}
