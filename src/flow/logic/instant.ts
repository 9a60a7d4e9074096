// Which moment does a value name?

// Only the profile of ISO 8601 that RFC 3339 describes, with date-only and zone-less forms read as UTC: what Date.parse
// makes of other texts differs between engines and with the machine's time zone.
const isoDate =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}:?\d{2})?)?$/;

/** Milliseconds since 1970 of a date: an RFC 3339 text, or a number that already is that. Anything else: `undefined`. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === "number") return Math.abs(value) <= 8.64e15 ? value : undefined;
  if (typeof value !== "string" || value.length > 40) return undefined;
  const match = isoDate.exec(value);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  // RFC 3339 knows 60 for a leap second; the clock of this machine does not, so it becomes the next second.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const offsetMinutes = offsetOf(match[8]);
  if (offsetMinutes === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Math.floor(Number(`0.${match[7] ?? "0"}`) * 1000));
  return date.getTime() - offsetMinutes * 60_000;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function offsetOf(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
