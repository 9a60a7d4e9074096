// Where does the next page of a list stand, and what is the list as a whole?
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Pages, RequestInput } from "./input.ts";

/** Most pages unless the step says otherwise. */
const pagesDefault = 100;

/** The list that a page holds; undefined when there is none at its place. */
export function listOf(body: Json, pages: Pages | undefined): Json[] | undefined {
  const list = pages?.items === undefined ? body : valueAt(body, pages.items);
  return Array.isArray(list) ? list : undefined;
}

/** What is asked for next: another address, or the same with another parameter. */
export type NextPage = { url: string } | { param: string; value: string };

/** A page as `readAnswer` has made it. */
export type Page = { status: number; headers: { [name: string]: string }; body: Json };

/** The pages that have been read, out of the action's outputs. */
export function pagesOf(outputs: readonly Json[]): Page[] {
  // The action's own outputs: `readAnswer` answers nothing else to a step with pages.
  return outputs as Page[];
}

/** The page after those that have been read; undefined after the last. */
export function nextPage(pages: Pages, read: Page[]): NextPage | undefined {
  const last = read.at(-1);
  if (last === undefined) return undefined;
  const isEmpty = listOf(last.body, pages)?.length === 0;
  switch (pages.kind) {
    case "link": {
      const url = nextLink(last.headers["link"] ?? "");
      return url === undefined ? undefined : { url };
    }
    case "cursor": {
      const cursor = valueAt(last.body, pages.path);
      const isCursor = (typeof cursor === "string" && cursor !== "") || typeof cursor === "number";
      return isCursor ? { param: pages.param, value: String(cursor) } : undefined;
    }
    case "page":
      return isEmpty ? undefined : { param: pages.param, value: String((pages.start ?? 1) + read.length) };
    case "offset":
      return isEmpty
        ? undefined
        : { param: pages.param, value: String((pages.start ?? 0) + itemsOf(pages, read).length) };
  }
}

/** Most pages that the step wants. */
export function pagesMaxOf(pages: Pages): number {
  return pages.max ?? pagesDefault;
}

/** One output of all pages: the joined list, with status and headers of the last answer. */
export function joinPages(outputs: Json[], { pages }: RequestInput): Json {
  const read = pagesOf(outputs);
  const last = read.at(-1);
  if (pages === undefined || last === undefined) return outputs[0] ?? null;
  const more = nextPage(pages, read) !== undefined;
  return { status: last.status, headers: last.headers, body: itemsOf(pages, read), pages: read.length, more };
}

function itemsOf(pages: Pages, read: Page[]): Json[] {
  return read.flatMap(({ body }) => listOf(body, pages) ?? []);
}

/** The target of the first link of relation `next` (RFC 8288, section 3). */
function nextLink(header: string): string | undefined {
  for (const [, target = "", parameters = ""] of header.matchAll(
    // No address holds a `<`; without this each of many would be read to the end of the header.
    /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:=(?:"[^"]*"|[^\s,;"]*))?)*)/g,
  )) {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s,;"]+))/i.exec(parameters);
    const relations = (rel?.[1] ?? rel?.[2] ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("next")) return target;
  }
  return undefined;
}

/** What stands at a path of members and indexes, parted by dots. */
function valueAt(body: Json, path: string): Json | undefined {
  let value: Json | undefined = body;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key]; // A list's own indexes are members too.
  }
  return value;
}
