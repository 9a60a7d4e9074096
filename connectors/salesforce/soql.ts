// How do values get into a SOQL query without becoming part of its language?
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
import { isWellFormed } from "./rest.ts";

type Scalar = string | number | boolean;
/** Dates and moments stand in SOQL without quotes, so they are told apart from texts. */
export type SoqlValue = Scalar | null | Scalar[] | { date: string } | { dateTime: string };
export type Bound = { ok: true; soql: string } | { ok: false; message: string };

export const datePattern = "^\\d{4}-\\d{2}-\\d{2}$";
export const dateTimePattern = "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,3})?(?:Z|[+-]\\d{2}:\\d{2})$";

/** A text in quotes; a quote that nothing closes; a placeholder. `LAST_N_DAYS:30` and the time of day are none. */
const token = /'(?:[^'\\]|\\[\s\S])*'|'|(?<![A-Za-z0-9_]):([A-Za-z_][A-Za-z0-9_]*)/g;

/**
 * The query with each `:name` outside of quotes replaced by the value of that name, written as its type asks. Refused:
 * a placeholder without a value, a value without a placeholder, and what SOQL cannot say.
 */
export function bindValues(soql: string, values: { readonly [name: string]: SoqlValue }): Bound {
  const unused = new Set(Object.keys(values));
  let wrong: string | undefined;
  const bound = soql.replace(token, (found, name: string | undefined) => {
    if (found === "'") wrong ??= "A quote in `soql` is not closed.";
    if (name === undefined) return found;
    unused.delete(name);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const written = value === undefined ? undefined : literalOf(value);
    if (value === undefined) wrong ??= `\`values\` has no "${name}", which \`soql\` names.`;
    else if (written === undefined) wrong ??= `The value "${name}" cannot be written in SOQL.`;
    return written ?? "";
  });
  if (!isWellFormed(soql)) wrong ??= "`soql` holds half of a character.";
  const [left] = unused;
  if (left !== undefined) wrong ??= `\`soql\` names the value "${left}" nowhere outside of quotes: write :${left}.`;
  return wrong === undefined ? { ok: true, soql: bound } : { ok: false, message: wrong };
}

/** A value as SOQL writes it; undefined when it cannot be written. */
function literalOf(value: SoqlValue): string | undefined {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberLiteral(value);
  if (typeof value === "string") return textLiteral(value);
  if (Array.isArray(value)) return listLiteral(value);
  if ("date" in value) return new RegExp(datePattern).test(value.date) ? value.date : undefined;
  return new RegExp(dateTimePattern).test(value.dateTime) ? value.dateTime : undefined;
}

function listLiteral(values: Scalar[]): string | undefined {
  const written = values.map(literalOf);
  // `IN ()` is no SOQL.
  return written.length === 0 || written.includes(undefined) ? undefined : `(${written.join(", ")})`;
}

function numberLiteral(value: number): string | undefined {
  const text = String(value);
  return /^-?\d+(?:\.\d+)?$/.test(text) ? text : undefined;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["'", "\\'"],
  ['"', '\\"'],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\b", "\\b"],
  ["\f", "\\f"],
]);

function textLiteral(text: string): string | undefined {
  if (!isWellFormed(text)) return undefined;
  // Control characters by their number: a raw one could end the line, or be dropped on the way.
  const escaped = text.replace(/[\\'"\p{Control}\u2028\u2029]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
    return escapes.get(character) ?? `\\u${code}`;
  });
  return `'${escaped}'`;
}
