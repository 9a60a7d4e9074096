// Where in a text does a secret stand in disguise? Whoever repeats it may have escaped or encoded any of its characters.

/** Half-open, in bytes. */
type Range = { from: number; to: number };

const backslash = 0x5c;
const percent = 0x25;
const ampersand = 0x26;
const plus = 0x2b;
const space = 0x20;
const semicolon = 0x3b;
const letterU = 0x75;
const letterX = 0x78;
const hash = 0x23;

/** Names that HTML's writers use (HTML, section 13.5), as they stand behind the ampersand; others are numbers. */
const entities = [
  ["amp;", "&"],
  ["lt;", "<"],
  ["gt;", ">"],
  ["quot;", '"'],
  ["apos;", "'"],
].map(([name = "", character = ""]) => ({ name: Buffer.from(name), byte: character.charCodeAt(0) }));

/** What a byte is as a hexadecimal digit; -1 when it is none. */
const hexDigits = new Int8Array(256).fill(-1);
for (const [value, digit] of Array.from("0123456789abcdef").entries()) {
  hexDigits[digit.charCodeAt(0)] = value;
  hexDigits[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Whether a text can hold anything that `plainBytes` would change. */
export function mayDisguise(text: string): boolean {
  return /[\\%&+]/.test(text);
}

/**
 * The bytes without escapes of JSON (`\/`, `\u002b`, however often escaped), URLs (`%2F`, `+`) and HTML (`&amp;`): two
 * texts that are one but for these give the same bytes. `starts` is filled with where in the text each of them begins.
 */
export function plainBytes(text: Buffer, starts?: Uint32Array): Buffer {
  // No escape is shorter than what it stands for.
  const plain = Buffer.allocUnsafe(text.length);
  let length = 0;
  // Backslashes belong to what follows them.
  let from = 0;
  for (let at = 0; at < text.length;) {
    const byte = text[at] ?? 0;
    if (byte !== backslash && byte !== percent && byte !== ampersand && byte !== plus) {
      if (starts !== undefined) starts[length] = from;
      plain[length++] = byte;
      from = ++at;
      continue;
    }
    at = readEscape(text, at, byte);
    if (read.length === 0) continue;
    for (let index = 0; index < read.length; index++) {
      const one = read.bytes[index] ?? 0;
      if (starts !== undefined) starts[length] = from;
      // A form writes a space as a plus, so that neither can be told from the other.
      plain[length++] = one === plus ? space : one;
    }
    from = at;
  }
  if (starts !== undefined) starts[length] = from;
  return plain.subarray(0, length);
}

/** Where one of these secrets, given as `plainBytes` leaves them, stands in a text: in order, without overlaps. */
export function findDisguised(text: Buffer, secrets: readonly Buffer[]): Range[] {
  const plain = plainBytes(text);
  const present = secrets.filter((secret) => plain.includes(secret));
  if (present.length === 0) return [];
  const starts = new Uint32Array(text.length + 1);
  plainBytes(text, starts);
  const ranges = present.flatMap((secret) => placesOf(secret, plain, starts)).toSorted((a, b) => a.from - b.from);
  const apart: Range[] = [];
  for (const range of ranges) {
    const last = apart.at(-1);
    if (last === undefined || range.from >= last.to) apart.push({ ...range });
    else last.to = Math.max(last.to, range.to);
  }
  return apart;
}

function placesOf(secret: Buffer, plain: Buffer, starts: Uint32Array): Range[] {
  const places: Range[] = [];
  for (let at = plain.indexOf(secret); at >= 0; at = plain.indexOf(secret, at + secret.length)) {
    places.push({ from: starts[at] ?? 0, to: starts[at + secret.length] ?? 0 });
  }
  return places;
}

/** What the last escape stands for. One for all, since an answer of 10 MB may consist of escapes. */
const read = { bytes: Buffer.alloc(8), length: 0 };

/** Reads the escape that begins with this byte into `read`, and answers where it ends; the byte itself when it is none. */
function readEscape(text: Buffer, at: number, byte: number): number {
  read.length = 0;
  if (byte === backslash) return readJsonEscape(text, at);
  const end = byte === percent ? readUrlEscape(text, at) : byte === ampersand ? readHtmlEscape(text, at) : at;
  if (end > at) return end;
  read.bytes[0] = byte;
  read.length = 1;
  return at + 1;
}

/** A run of backslashes is nothing, or part of the number that follows it; a pair of surrogates is one character. */
function readJsonEscape(text: Buffer, at: number): number {
  let end = at;
  while (text[end] === backslash) end++;
  const first = unitAt(text, end);
  if (first < 0) return end;
  end += 5;
  let second = end;
  while (text[second] === backslash) second++;
  const isPair = first >= 0xd800 && first < 0xdc00 && second > end;
  const low = isPair ? unitAt(text, second) : -1;
  read.length = read.bytes.write(low < 0 ? String.fromCharCode(first) : String.fromCharCode(first, low));
  return low < 0 ? end : second + 5;
}

/** The number after a `u`; negative when there is none. */
function unitAt(text: Buffer, at: number): number {
  if (text[at] !== letterU) return -1;
  const [high, low] = [hexAt(text, at + 1), hexAt(text, at + 3)];
  return high < 0 || low < 0 ? -1 : high * 256 + low;
}

/** RFC 3986, section 2.1; `%252F` is `%2F` encoded once more. Answers `at` for a plain percent sign. */
function readUrlEscape(text: Buffer, at: number): number {
  let digits = at + 1;
  while (hexAt(text, digits) === percent && hexAt(text, digits + 2) >= 0) digits += 2;
  const value = hexAt(text, digits);
  if (value < 0) return at;
  read.bytes[0] = value;
  read.length = 1;
  return digits + 2;
}

/** The byte that two digits stand for; negative when they are none. */
function hexAt(text: Buffer, at: number): number {
  const [high, low] = [hexDigits[text[at] ?? 0] ?? -1, hexDigits[text[at + 1] ?? 0] ?? -1];
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Answers `at` for a plain ampersand. */
function readHtmlEscape(text: Buffer, at: number): number {
  if (text[at + 1] === hash) return readHtmlNumber(text, at);
  for (const { name, byte } of entities) {
    let same = 0;
    while (same < name.length && text[at + 1 + same] === name[same]) same++;
    if (same < name.length) continue;
    read.bytes[0] = byte;
    read.length = 1;
    return at + 1 + same;
  }
  return at;
}

/** `&#39;` and `&#x27;`, of seven digits at most. */
function readHtmlNumber(text: Buffer, at: number): number {
  const isHex = text[at + 2] === letterX || text[at + 2] === letterX - 0x20;
  const base = isHex ? 16 : 10;
  const first = at + (isHex ? 3 : 2);
  let [point, end] = [0, first];
  for (; end < first + 7; end++) {
    const digit = hexDigits[text[end] ?? 0] ?? -1;
    if (digit < 0 || digit >= base) break;
    point = point * base + digit;
  }
  if (end === first || text[end] !== semicolon || point > 0x10ffff) return at;
  read.length = read.bytes.write(String.fromCodePoint(point));
  return end + 1;
}
