import { parseTemplate } from "../../../src/flow/template/parse.ts";
import { renderTemplate } from "../../../src/flow/template/render.ts";

function rendered(text: string, scope: unknown = {}): string {
  const parsed = parseTemplate(text);
  if (!parsed.ok) return `refused: ${parsed.message}`;
  const result = renderTemplate(parsed.template, scope);
  return result.ok ? result.text : `${result.code}: ${result.message}`;
}

const scope = {
  name: "  Ann Lee ",
  word: "Straße",
  empty: "",
  nothing: null,
  zero: 0,
  no: false,
  yes: true,
  three: 3,
  ten: 10,
  list: ["b", "a", "c"],
  numbers: [10, 9, 100],
  people: [
    { n: "Cy", age: 40, at: { city: "Lviv" } },
    { n: "Bo", age: 30, at: { city: "Kyiv" } },
  ],
  object: { a: 1, b: 2 },
  when: "2026-11-22T22:30:05.007Z",
  winter: "2026-01-05T04:05:06Z",
};

test.each<[string, string]>([
  // Comparing and deciding.
  [
    "{{eq three 3}} {{eq three '3'}} {{eq nothing missing}} {{eq list list}} {{ne three 4}}",
    "true false true true true",
  ],
  [
    "{{gt ten 3}} {{gte three 3}} {{lt 'a' 'b'}} {{lte 'b' 'a'}} {{gt missing 3}} {{lt 3 nothing}}",
    "true true true false false false",
  ],
  [
    "{{and yes three}} {{and yes zero}} {{or empty zero 'x'}} {{or no nothing}} {{not zero}} {{not list}}",
    "3 0 x  true false",
  ],
  ["{{#if (and (gt ten 3) (not empty))}}y{{/if}}", "y"],
  [
    "{{default missing empty nothing 'x'}} {{default zero 1}} {{default no 1}} [{{default missing nothing}}]",
    "x 0 false []",
  ],
  ["{{lookup list 0}} {{lookup object 'b'}} [{{lookup object 'toString'}}]", "b 2 []"],
  // Text.
  [
    "{{upper word}} {{lower 'ÀB'}} [{{trim name}}] [{{upper missing}}] {{upper three}} {{upper yes}}",
    "STRASSE àb [Ann Lee] [] 3 TRUE",
  ],
  [
    "{{truncate word 4}} {{truncate word 6}} {{truncate word 4 '..'}} {{truncate word 0}}{{truncate '😀😀😀' 2}}",
    "Str… Straße St.. 😀…",
  ],
  ["{{truncate word 1 'long end'}} [{{truncate missing 5}}] {{truncate word 3 ''}}", "l [] Str"],
  ["{{replace 'a.b.c' '.' '$&'}} {{replace 'aaa' 'aa' 'b'}} {{replace name 'x' 'y'}}", "a$&b$&c ba   Ann Lee "],
  [
    "{{join (split 'a,b,c' ',') ' + '}} {{split 'ab' ''}} {{split missing ','}} {{join list}} {{join numbers '/'}}",
    'a + b + c ["a","b"] [] b, a, c 10/9/100',
  ],
  ["[{{join missing}}]", "[]"],
  // Numbers, dates, durations.
  [
    "{{number '12.50'}} {{number ten 2}} {{number '-1e3'}} {{number 2.345 1}} [{{number missing 2}}]",
    "12.5 10.00 -1000 2.3 []",
  ],
  ["{{number 1234567.5 2 locale='en-US'}} {{number 1234.5 locale='de-DE'}}", "1,234,567.50 1.234,5"],
  [
    "{{date when}} {{date when 'date'}} {{date when 'time' 'Europe/Kyiv'}} {{date when 'unix'}}",
    "2026-11-22T22:30:05Z 2026-11-22 00:30 1795386605",
  ],
  [
    "{{date when 'iso' 'America/New_York'}} {{date when zone='Asia/Kathmandu'}}",
    "2026-11-22T17:30:05-05:00 2026-11-23T04:15:05+05:45",
  ],
  ["{{date when \"EEEE, d MMMM yyyy 'at' h:mm a\" 'Europe/Kyiv'}}", "Monday, 23 November 2026 at 12:30 AM"],
  ["{{date winter 'EEE MMM M dd yy H HH hh s SSS xxx'}}", "Mon Jan 1 05 26 4 04 04 6 000 +00:00"],
  ["{{date when \"mm''ss'' 'o''clock'\"}} {{date when format='SSS'}}", "30'05' o'clock 007"],
  [
    "{{date '2026-07-01T12:00:00Z' 'HH:mm XXX' 'Europe/Kyiv'}} {{date 0}} [{{date missing}}]",
    "15:00 +03:00 1970-01-01T00:00:00Z []",
  ],
  [
    "{{duration 5400000}} {{duration '90m'}} {{duration 0}} {{duration 93784005}} {{duration '500ms'}} [{{duration missing}}]",
    "1h 30m 1h 30m 0s 1d 2h 3m 4s 5ms 500ms []",
  ],
  ["{{duration -61000}}", "-1m 1s"],
  // Lists.
  [
    "{{first list}} {{first list 2}} {{last list}} {{last list 2}} {{last list 0}} [{{first missing}}] {{first list 99}}",
    'b ["b","a"] c ["a","c"] [] [] ["b","a","c"]',
  ],
  ["{{length list}} {{length word}} {{length object}} {{length missing}} {{length empty}}", "3 6 2 0 0"],
  [
    "{{join (sort list)}} {{join (sort numbers)}} {{join (sort list order='desc')}} {{sort missing}}",
    "a, b, c 9, 10, 100 c, b, a []",
  ],
  [
    "{{join (pluck (sort people 'age') 'n')}} {{join (pluck (sort people 'at.city' order='desc') 'n')}}",
    "Bo, Cy Cy, Bo",
  ],
  ["{{pluck people 'at.city'}} {{pluck people 'none'}} {{pluck missing 'a'}}", '["Lviv","Kyiv"] [null,null] []'],
  ["{{#each (sort people 'n')}}{{n}};{{/each}}{{people.[0].n}}", "Bo;Cy;Cy"],
  // Other alphabets.
  [
    "{{json object}} {{json word}} {{json missing}} {{json list 2}}",
    '{"a":1,"b":2} "Straße" null [\n  "b",\n  "a",\n  "c"\n]',
  ],
  [
    "{{url \"a b/c?d&e=f'(g)*!\"}} {{url 'ї'}} {{url three}} [{{url missing}}]",
    "a%20b%2Fc%3Fd%26e%3Df%27%28g%29%2A%21 %D1%97 3 []",
  ],
  [
    "{{base64 'Straße'}} {{sha256 'abc'}}",
    "U3RyYcOfZQ== ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  ],
])("%s gives %j", (text, expected) => {
  expect(rendered(text, scope)).toBe(expected);
});

test.each<[string, RegExp]>([
  ["{{upper object}}", /^template: `upper` needs a text, not an object\.$/],
  ["{{trim list}}", /`trim` needs a text, not a list/],
  ["{{truncate word 'x'}}", /`truncate` needs a whole number/],
  ["{{truncate word -1}}", /`truncate` needs a whole number/],
  ["{{replace word '' 'x'}}", /`replace` needs a text to look for/],
  ["{{join word}}", /`join` needs a list, not a text/],
  ["{{join people}}", /`join` needs a text, not an object/],
  ["{{gt ten '3'}}", /`gt` needs a number on both sides, not a text/],
  ["{{lt list 3}}", /`lt` needs numbers or texts, not a list/],
  ["{{number word}}", /`number` needs a number, not a text/],
  ["{{number '0x1f'}}", /`number` needs a number/],
  ["{{number ten 21}}", /`number` writes at most 20 decimals/],
  ["{{number ten locale='no_such_locale!'}}", /`number` needs a locale/],
  ["{{date word}}", /`date` needs a date like/],
  ["{{date '2026-02-30'}}", /`date` needs a date/],
  ["{{date when 'YYYY'}}", /`date` does not know YYYY in a format/],
  ["{{date when 'iso' 'Mars/Base'}}", /`date` needs an IANA time zone/],
  ["{{duration '5 minutes'}}", /`duration` needs milliseconds/],
  ["{{first word}}", /`first` needs a list/],
  ["{{first list 1.5}}", /`first` needs a whole number/],
  ["{{length three}}", /`length` needs a list, a text or an object/],
  ["{{sort people}}", /`sort` needs numbers or texts to sort by/],
  ["{{sort (split '1,2' ',') 'x'}}", /`sort` needs numbers or texts to sort by/],
  ["{{sort list order='up'}}", /`sort` knows the orders/],
  ["{{pluck list '__proto__'}}", /`pluck` cannot read that member/],
  ["{{pluck list 5}}", /`pluck` needs the name of a member/],
  ["{{url object}}", /`url` needs a text, not an object/],
  ["{{sha256 list}}", /`sha256` needs a text, not a list/],
])("%s says what it needs instead", (text, message) => {
  expect(rendered(text, scope)).toMatch(message);
});

test("deep JSON with an indent is counted before it is built: 250 KB would become 130 MB", () => {
  const deep = `${"[".repeat(100)}${"1,".repeat(125_000)}1${"]".repeat(100)}`;
  const startedMs = performance.now();
  expect(rendered("{{json deep 8}}", { deep: JSON.parse(deep) })).toMatch(/larger than 256 KB/);
  expect(performance.now() - startedMs).toBeLessThan(300);
  const texts = { list: ["{[,", 'a"b\\'], none: {}, empty: [] };
  expect(rendered("{{json texts 2}}", { texts })).toBe(JSON.stringify(texts, undefined, 2));
});

test("a message never shows the value: it may be a secret", () => {
  expect(rendered("{{date secret}} ", { secret: "hunter2" })).not.toContain("hunter2");
  expect(rendered("{{upper secret}}", { secret: { key: "hunter2" } })).not.toContain("hunter2");
});

test("a lone surrogate, which no URL can carry, does not fail the URL", () => {
  expect(rendered("{{url v}}", { v: "a\ud800b" })).toBe("a%EF%BF%BDb");
});
