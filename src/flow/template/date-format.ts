// How is a moment written in a format and a time zone?
// Formats use the letters of Unicode TR35 (https://unicode.org/reports/tr35/tr35-dates.html), in English.
import { Halt } from "../logic/meter.ts";

const namedFormats: ReadonlyMap<string, string> = new Map([
  ["iso", "yyyy-MM-dd'T'HH:mm:ssXXX"],
  ["date", "yyyy-MM-dd"],
  ["time", "HH:mm"],
  ["datetime", "yyyy-MM-dd HH:mm"],
]);

type Parts = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  weekday: number;
  offsetMinutes: number;
};

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const letters: ReadonlyMap<string, (parts: Parts) => string> = new Map([
  ["yyyy", ({ year }) => padded(year, 4)],
  ["yy", ({ year }) => padded(year % 100, 2)],
  ["MMMM", ({ month }) => months[month - 1] ?? ""],
  ["MMM", ({ month }) => (months[month - 1] ?? "").slice(0, 3)],
  ["MM", ({ month }) => padded(month, 2)],
  ["M", ({ month }) => String(month)],
  ["dd", ({ day }) => padded(day, 2)],
  ["d", ({ day }) => String(day)],
  ["EEEE", ({ weekday }) => weekdays[weekday] ?? ""],
  ["EEE", ({ weekday }) => (weekdays[weekday] ?? "").slice(0, 3)],
  ["HH", ({ hour }) => padded(hour, 2)],
  ["H", ({ hour }) => String(hour)],
  ["hh", ({ hour }) => padded(hour % 12 || 12, 2)],
  ["h", ({ hour }) => String(hour % 12 || 12)],
  ["mm", ({ minute }) => padded(minute, 2)],
  ["m", ({ minute }) => String(minute)],
  ["ss", ({ second }) => padded(second, 2)],
  ["s", ({ second }) => String(second)],
  ["SSS", ({ millisecond }) => padded(millisecond, 3)],
  ["a", ({ hour }) => (hour < 12 ? "AM" : "PM")],
  ["XXX", ({ offsetMinutes }) => (offsetMinutes === 0 ? "Z" : offsetText(offsetMinutes))],
  ["xxx", ({ offsetMinutes }) => offsetText(offsetMinutes)],
]);

/**
 * A moment (milliseconds since 1970) in a format and an IANA time zone. Formats: `iso`, `date`, `time`, `datetime`,
 * `unix` (seconds), or letters such as `d MMM yyyy 'at' HH:mm`.
 */
export function formatDate(instantMs: number, format: string, zone: string): string {
  if (format === "unix") return String(Math.floor(instantMs / 1000));
  if (format.length > 100) throw new Halt("invalid", "needs a format of at most 100 characters");
  const parts = partsIn(instantMs, zone);
  return (namedFormats.get(format) ?? format).replaceAll(
    /'((?:[^']|'')*)'|([A-Za-z])\2*/g,
    (run, quotedText: unknown) => {
      if (typeof quotedText === "string") return quotedText === "" ? "'" : quotedText.replaceAll("''", "'");
      const write = letters.get(run);
      if (write === undefined) throw new Halt("invalid", `does not know ${run} in a format (quote plain text: 'at')`);
      return write(parts);
    },
  );
}

/** What a clock on the wall of that zone shows. */
function partsIn(instantMs: number, zone: string): Parts {
  const wall = new Map<string, number>();
  for (const { type, value } of formatterOf(zone).formatToParts(instantMs)) wall.set(type, Number(value));
  const read = (name: string): number => wall.get(name) ?? 0;
  const [year, month, day] = [read("year"), read("month"), read("day")];
  const [hour, minute, second] = [read("hour"), read("minute"), read("second")];
  const asUtc = new Date(0);
  asUtc.setUTCFullYear(year, month - 1, day);
  asUtc.setUTCHours(hour, minute, second);
  const millisecond = ((instantMs % 1000) + 1000) % 1000;
  const offsetMinutes = Math.round((asUtc.getTime() + millisecond - instantMs) / 60_000);
  return { year, month, day, hour, minute, second, millisecond, weekday: asUtc.getUTCDay(), offsetMinutes };
}

// Intl takes far longer to make a formatter than to use one.
const formatterByZone = new Map<string, Intl.DateTimeFormat>();
const formattersMax = 50;

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatterByZone.get(zone);
  if (known !== undefined) return known;
  const formatter = createFormatter(zone);
  if (formatterByZone.size >= formattersMax) formatterByZone.clear();
  formatterByZone.set(zone, formatter);
  return formatter;
}

function createFormatter(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "iso8601",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    throw new Halt("invalid", 'needs an IANA time zone like "Europe/Kyiv"');
  }
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${padded(Math.floor(size / 60), 2)}:${padded(size % 60, 2)}`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
