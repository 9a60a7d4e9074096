// Which parts of an event's data does an endpoint get? Those at its paths, in the spelling in which they were published.
import { isForbiddenKey, readPath, splitPath } from "../flow/scope-path.ts";
import { scanJson, type JsonScan } from "../model/json-scan.ts";

/** A member: its JSON text, or the members that were selected of it. */
type Kept = string | Map<string, Kept>;

/**
 * The parts of the data that stand at the paths, at their places, as JSON text. Texts and numbers are those of `dataText`:
 * parsed and written again, `12345678901234567890` would be another number. What is not there is left out.
 */
export function selectFields(dataText: string, data: unknown, paths: readonly string[]): string {
  const textAt = createTextReader(dataText);
  const kept = new Map<string, Kept>();
  for (const path of paths) {
    const keys = splitPath(path);
    const value = readPath(data, keys);
    if (value === undefined || keys.some(isForbiddenKey)) continue;
    // What is read of a list or of a text, such as its length, stands nowhere.
    keep(kept, keys, textAt(keys) ?? JSON.stringify(value));
  }
  return textOf(kept);
}

/** Puts a text at its place, unless more than it is there already. */
function keep(kept: Map<string, Kept>, keys: readonly string[], text: string): void {
  let place = kept;
  for (const key of keys.slice(0, -1)) {
    const member = place.get(key) ?? new Map<string, Kept>();
    if (typeof member === "string") return;
    place.set(key, member);
    place = member;
  }
  place.set(keys.at(-1) ?? "", text);
}

function textOf(kept: Kept): string {
  if (typeof kept === "string") return kept;
  return `{${[...kept].map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`).join(",")}}`;
}

/** Reads the text of a value by its path; each object and list is scanned once. */
function createTextReader(text: string): (keys: readonly string[]) => string | undefined {
  const scans = new Map<number, JsonScan>();
  const scanAt = (at: number): JsonScan => {
    const scan = scans.get(at) ?? scanJson(text, at);
    scans.set(at, scan);
    return scan;
  };
  return (keys) => {
    let span = { start: 0, end: text.length };
    for (const key of keys) {
      const scan = scanAt(span.start);
      if (scan.kind === "other") return undefined;
      const found = scan.kind === "object" ? scan.members.get(key) : scan.items[indexOf(key)];
      if (found === undefined) return undefined;
      span = found;
    }
    return text.slice(span.start, span.end);
  };
}

/** The index that a key names; none for another spelling of it, such as `01`, under which a list has nothing. */
function indexOf(key: string): number {
  return /^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : -1;
}
