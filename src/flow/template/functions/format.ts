// Which template functions write numbers, moments and durations for people?
import { Halt } from "../../logic/meter.ts";
import { instantOf } from "../../logic/instant.ts";
import { type Call, type FunctionTable, countOperand, made, textOperand, wrongType } from "../function.ts";
import { formatDate } from "../date-format.ts";

// Intl makes its formatters slowly.
const formatterUnits = 20;

export const formatFunctions: FunctionTable = new Map([
  [
    "number",
    { operands: [1, 2], options: ["locale"], run: ([value, decimals], call) => number(value, decimals, call) },
  ],
  [
    "date",
    {
      operands: [1, 3],
      options: ["format", "zone"],
      run: ([value, format, zone], call) => date(value, format, zone, call),
    },
  ],
  ["duration", { operands: [1, 1], run: ([value]) => duration(value) }],
]);

/** A number, also from a text; as text with so many decimals, or as a locale writes it, where these are given. */
function number(value: unknown, decimals: unknown, call: Call): unknown {
  if (isMissing(value)) return "";
  const found = typeof value === "string" ? numberOfText(value) : value;
  if (typeof found !== "number" || !Number.isFinite(found)) throw wrongType("a number", value);
  const digits = decimals === undefined ? undefined : countOperand(decimals);
  if (digits !== undefined && digits > 20) throw new Halt("invalid", "writes at most 20 decimals");
  const locale = call.option("locale");
  if (locale !== undefined) return inLocale(found, digits, textOperand(locale, call), call);
  return digits === undefined ? found : found.toFixed(digits);
}

function numberOfText(text: string): unknown {
  // The notation of JSON, with a plus and leading zeros allowed: Number() would also take "", "0x1f" and "Infinity".
  return /^\s*[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?\s*$/.test(text) ? Number(text) : text;
}

function inLocale(value: number, digits: number | undefined, locale: string, call: Call): string {
  call.meter.charge(formatterUnits);
  const options = digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  try {
    return new Intl.NumberFormat(locale, options).format(value);
  } catch {
    throw new Halt("invalid", 'needs a locale like "en-US" or "uk"');
  }
}

function date(value: unknown, format: unknown, zone: unknown, call: Call): string {
  if (isMissing(value)) return "";
  const instant = instantOf(value);
  if (instant === undefined) throw wrongType('a date like "2026-11-22T08:00:00Z" or milliseconds since 1970', value);
  call.meter.charge(formatterUnits);
  const chosen = textOperand(format ?? call.option("format") ?? "iso", call);
  return made(formatDate(instant, chosen, textOperand(zone ?? call.option("zone") ?? "UTC", call)), call);
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** Milliseconds, or a duration as flows write it (`90m`), as people read it: `1h 30m`. */
function duration(value: unknown): string {
  if (isMissing(value)) return "";
  const total = typeof value === "string" ? millisecondsOf(value) : value;
  if (typeof total !== "number" || !Number.isFinite(total)) {
    throw wrongType('milliseconds or a duration like "90m"', value);
  }
  const sign = total < 0 ? "-" : "";
  let rest = Math.round(Math.abs(total));
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${name}`);
    rest -= count * size;
  }
  return parts.length === 0 ? "0s" : sign + parts.join(" ");
}

function millisecondsOf(text: string): unknown {
  const match = /^(\d{1,12})(ms|[smhd])$/.exec(text);
  const unit = units.find(([name]) => name === match?.[2]);
  return match === null || unit === undefined ? text : Number(match[1]) * unit[1];
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}
