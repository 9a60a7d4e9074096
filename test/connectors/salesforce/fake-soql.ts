// What do SOQL queries find in the fake's records? The forms that the connector's tests need, read strictly.
import type { Json, JsonObject } from "../../../src/model/json.ts";

export type Row = JsonObject;
export type Parsed = {
  fields: string[] | "count";
  object: string;
  where: { field: string; operator: string; value: Json }[];
  orderBy?: { field: string; descending: boolean };
  limit?: number;
};

/** A query that cannot be read; Salesforce answers it with MALFORMED_QUERY. */
export class MalformedQuery extends Error {}

type Token = { kind: "word" | "text" | "number" | "date" | "sign"; value: string };

const tokenForms: [Token["kind"], RegExp][] = [
  ["text", /'((?:[^'\\]|\\(?:[nNrRtTbBfF"'\\_%]|u[0-9A-Fa-f]{4}))*)'/y],
  ["date", /\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2}))?/y],
  ["number", /-?\d+(?:\.\d+)?/y],
  ["word", /[A-Za-z_][A-Za-z0-9_.]*/y],
  ["sign", /<=|>=|!=|=|<|>|\(|\)|,/y],
];

function tokensOf(soql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < soql.length) {
    if (/\s/.test(soql[at] ?? "")) {
      at += 1;
      continue;
    }
    const token = tokenAt(soql, at);
    tokens.push({ kind: token.kind, value: token.value });
    at = token.end;
  }
  return tokens;
}

function tokenAt(soql: string, at: number): Token & { end: number } {
  for (const [kind, form] of tokenForms) {
    form.lastIndex = at;
    const found = form.exec(soql);
    if (found) return { kind, value: kind === "text" ? unescape(found[1] ?? "") : found[0], end: form.lastIndex };
  }
  throw new MalformedQuery(`unexpected token at ${at}: '${soql.slice(at, at + 20)}'`);
}

const unescaped: { [letter: string]: string } = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

function unescape(text: string): string {
  return text.replace(/\\(u[0-9A-Fa-f]{4}|.)/g, (_, code: string) =>
    code.length === 5 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (unescaped[code.toLowerCase()] ?? code),
  );
}

/** Reads `SELECT … FROM … [WHERE … AND …] [ORDER BY …] [LIMIT …]`. Throws a MalformedQuery for everything else. */
export function parseSoql(soql: string): Parsed {
  const tokens = tokensOf(soql);
  let at = 0;
  const next = (): Token => tokens[at++] ?? { kind: "sign", value: "<EOF>" };
  const isNext = (word: string): boolean => tokens[at]?.kind !== "text" && tokens[at]?.value.toUpperCase() === word;
  const take = (word: string): boolean => isNext(word) && ++at > 0;
  const expectWord = (word: string): void => {
    if (!take(word)) throw new MalformedQuery(`expecting ${word}, found '${tokens[at]?.value ?? "<EOF>"}'`);
  };
  const name = (): string => {
    const token = next();
    if (token.kind !== "word") throw new MalformedQuery(`unexpected token: '${token.value}'`);
    return token.value;
  };
  const literal = (): Json => {
    if (take("(")) {
      const values = [literal()];
      while (take(",")) values.push(literal());
      expectWord(")");
      return values;
    }
    const token = next();
    if (token.kind === "number") return Number(token.value);
    if (token.kind === "text" || token.kind === "date") return token.value;
    const words: { [word: string]: Json } = { TRUE: true, FALSE: false, NULL: null };
    const word = token.value.toUpperCase();
    const meant = words[word];
    if (token.kind === "word" && meant !== undefined) return meant;
    throw new MalformedQuery(`unexpected token: '${token.value}'`);
  };

  expectWord("SELECT");
  const fields = [name()];
  const isCount = fields[0]?.toUpperCase() === "COUNT" && take("(");
  if (isCount) expectWord(")");
  while (!isCount && take(",")) fields.push(name());
  expectWord("FROM");
  const parsed: Parsed = { fields: isCount ? "count" : fields, object: name(), where: [] };
  if (take("WHERE")) {
    do {
      const field = name();
      const operator = next().value.toUpperCase();
      if (!["=", "!=", "<", ">", "<=", ">=", "IN", "LIKE"].includes(operator)) {
        throw new MalformedQuery(`unexpected token: '${operator}'`);
      }
      parsed.where.push({ field, operator, value: literal() });
    } while (take("AND"));
  }
  if (take("ORDER")) {
    expectWord("BY");
    parsed.orderBy = { field: name(), descending: take("DESC") || (take("ASC"), false) };
  }
  if (take("LIMIT")) parsed.limit = Number(next().value);
  if (at < tokens.length) throw new MalformedQuery(`unexpected token: '${tokens[at]?.value}'`);
  return parsed;
}

/** The rows that a query finds, in its order and within its limit. */
export function select(rows: Row[], parsed: Parsed): Row[] {
  const found = rows.filter((row) => parsed.where.every((condition) => holds(row[condition.field] ?? null, condition)));
  const { orderBy } = parsed;
  if (orderBy) {
    const sign = orderBy.descending ? -1 : 1;
    found.sort((a, b) => sign * (textOf(a[orderBy.field]) < textOf(b[orderBy.field]) ? -1 : 1));
  }
  return found.slice(0, parsed.limit);
}

function holds(actual: Json, { operator, value }: Parsed["where"][number]): boolean {
  if (operator === "IN") return Array.isArray(value) && value.some((one) => isEqual(actual, one));
  if (operator === "=") return isEqual(actual, value);
  if (operator === "!=") return !isEqual(actual, value);
  if (operator === "LIKE") return isLike(textOf(actual), textOf(value));
  if (actual === null || value === null) return false;
  const [a, b] = typeof actual === "number" ? [actual, Number(value)] : [textOf(actual), textOf(value)];
  return operator === "<" ? a < b : operator === ">" ? a > b : operator === "<=" ? a <= b : a >= b;
}

/** Salesforce compares texts without regard to case. */
function isEqual(a: Json, b: Json): boolean {
  return typeof a === "string" && typeof b === "string" ? a.toLowerCase() === b.toLowerCase() : a === b;
}

function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", "[\\s\\S]*")
    .replaceAll("_", "[\\s\\S]");
  return new RegExp(`^${source}$`, "i").test(text);
}

/** A field's value as text; what is not there is the empty text. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
