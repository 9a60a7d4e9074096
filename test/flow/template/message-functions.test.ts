// What do the functions of each kind of message write, and where may they be called?
import { checkMessage, renderMessage } from "../../../src/flow/message.ts";
import { functions, functionsByKind } from "../../../src/flow/template/functions/index.ts";
import { parseTemplate } from "../../../src/flow/template/parse.ts";
import type { TemplateKind } from "../../../src/model/template.ts";

const data = {
  text: "a <b> & c",
  mention: "<!channel> <@U1> <#C1>",
  url: "https://example.com/a b?x=1&y=<2>|3",
  lines: "one\r\ntwo <b>\n\nthree",
  when: "2026-11-22T22:30:05Z",
  long: "the quick brown fox jumps over the lazy dog",
  word: "x".repeat(30),
  list: [1],
};
function rendered(kind: TemplateKind, text: string): string {
  const result = renderMessage({ kind, text }, { event: { data } });
  return result.ok ? result.text : `${result.code}: ${result.message}`;
}
const d = (text: string) => text.replaceAll("$", "event.data.");

test.each<[TemplateKind, string, string]>([
  ["slack", "{{$text}} {{{$text}}}", "a &lt;b&gt; &amp; c a <b> & c"],
  ["slack", "{{$mention}}", "&lt;!channel&gt; &lt;@U1&gt; &lt;#C1&gt;"],
  ["slack", "{{slackEscape $text}} {{{slackEscape $text}}}", "a &lt;b&gt; &amp; c a &lt;b&gt; &amp; c"],
  ["slack", "{{slackLink $url $text}}", "<https://example.com/a%20b?x=1&amp;y=%3C2%3E%7C3|a &lt;b&gt; &amp; c>"],
  [
    "slack",
    "{{slackLink 'mailto:a@example.com'}} {{slackLink 'HTTPS://example.com' $lines}}",
    "<mailto:a@example.com> <HTTPS://example.com|one two &lt;b&gt; three>",
  ],
  ["slack", "[{{slackLink $none 'text'}}] [{{slackLink $none}}]", "[text] []"],
  [
    "slack",
    "{{slackLink '!channel' 'all'}} {{slackLink '@U1'}} {{slackLink 'javascript:x' '<y>'}} {{slackLink '!here'}}",
    "all @U1 &lt;y&gt; !here",
  ],
  ["slack", "{{slackQuote $lines}}", "> one\n> two &lt;b&gt;\n> \n> three"],
  ["slack", "[{{slackQuote $none}}]", "[]"],
  ["slack", "{{slackDate $when}}", "<!date^1795386605^{date_short_pretty} {time}|2026-11-22 22:30 UTC>"],
  [
    "slack",
    "{{slackDate 0 'since {ago} & <b>'}} [{{slackDate $none}}]",
    "<!date^0^since {ago} &amp; &lt;b&gt;|1970-01-01 00:00 UTC> []",
  ],
  ["email", "{{$text}} {{{$text}}}", "a <b> & c a <b> & c"],
  ["email", "{{wrap $long 20}}", "the quick brown fox\njumps over the lazy\ndog"],
  ["email", "{{wrap $word 10}} {{wrap $lines 5}} [{{wrap $none}}]", `${"x".repeat(30)} one\ntwo\n<b>\n\nthree []`],
  [
    "email",
    "{{indent $lines}}|{{indent $lines 2}}|[{{indent $none}}]",
    "> one\n> two <b>\n>\n> three|  one\n  two <b>\n\n  three|[]",
  ],
  ["email", "[{{pad 'é😀' 4}}][{{pad 7 4 align='right'}}][{{pad 'long' 2}}]", "[é😀  ][   7][long]"],
  ["text", "{{$text}} {{upper $text}}", "a <b> & c A <B> & C"],
])("%s: %s gives %j", (kind, text, expected) => {
  expect(checkMessage(kind, d(text))).toEqual([]);
  expect(rendered(kind, d(text))).toBe(expected);
});

test.each<[TemplateKind, string, RegExp]>([
  ["slack", "{{slackDate 'x'}}", /`slackDate` needs a date/],
  ["slack", "{{slackDate 0 'plain'}}", /`slackDate` needs a format with tokens/],
  ["slack", "{{slackDate 0 '{date} {year}'}}", /needs a format with tokens/],
  ["slack", "{{slackDate 0 '{date}^https://evil.example'}}", /without \^ and \|/],
  ["slack", "{{slackLink $list}}", /`slackLink` needs a text, not a list/],
  ["email", "{{wrap $long 'x'}}", /`wrap` needs a whole number/],
  ["email", "{{pad 'a' 999}}", /`pad` takes a width of at most 998/],
  ["email", "{{pad 'a' 5 align='middle'}}", /knows the alignments/],
])("%s: %s says what it needs instead", (kind, text, message) => {
  expect(rendered(kind, d(text))).toMatch(message);
});

test("an indent of many lines is counted before it is built", () => {
  const over = { event: { data: { lines: "\n".repeat(3_000), mark: "m".repeat(900) } } };
  const text = "{{indent event.data.lines event.data.mark}}x";
  expect(renderMessage({ kind: "email", text }, over)).toMatchObject({ ok: false, code: "budget" });
});

const own = Object.entries(functionsByKind).flatMap(([kind, table]) =>
  [...table.keys()].map((name) => ({ kind, name })),
);
const kinds: TemplateKind[] = ["slack", "email", "text"];

test("no function stands in two tables", () => {
  const names = [...functions.keys(), ...own.map(({ name }) => name)];
  expect(new Set(names).size).toBe(names.length);
});

test.each(own)("$name is refused outside of $kind, with a sentence that says where it belongs", ({ kind, name }) => {
  const text = `first line\n  {{${name} event.data.text 1}}`;
  for (const other of kinds.filter((one) => one !== kind)) {
    expect(checkMessage(other, text)).toEqual([
      {
        pointer: "",
        code: "template",
        message: `Line 2, column 3: The function \`${name}\` is only for message templates of kind \`${kind}\`.`,
        suggestion: expect.stringContaining(kind),
      },
    ]);
  }
  // The values of flows have none of them either.
  expect(parseTemplate(text)).toMatchObject({
    ok: false,
    message: expect.stringContaining("only for message templates"),
  });
});

test("the same text is a template of one kind and none of another, whichever is asked first", () => {
  const text = "{{slackQuote event.data.text}}";
  expect(parseTemplate(text, { kind: "email" }).ok).toBe(false);
  expect(parseTemplate(text, { kind: "slack" }).ok).toBe(true);
  expect(parseTemplate(text).ok).toBe(false);
});

test.each([
  ["a\n\n {{uper event.id}}", "Line 3, column 2: There is no function `uper`.", "Did you mean `upper`?"],
  [
    "a\n{{#if event.id}}\n{{> partial}}{{/if}}",
    "Line 3, column 1: Partials and decorators are not part of templates.",
    "Write the text out.",
  ],
  [
    "a\nb {{{{raw}}}}",
    "Line 2, column 3: Raw blocks ({{{{…}}}}) are not part of templates.",
    "Write \\{{ for a literal {{.",
  ],
  ["a\n{{event.id", "Line 2, column 1: A {{ is never closed.", "Close it with }}, or write \\{{ for a literal {{."],
])("the finding for %j says the line", (text, message, suggestion) => {
  expect(checkMessage("text", text)).toEqual([{ pointer: "", code: "template", message, suggestion }]);
});

test("what no flow could read is found when the template is saved; steps and variables are left to the flow", () => {
  const codes = (text: string) => checkMessage("text", text).map(({ code, suggestion }) => [code, suggestion]);
  expect(codes("{{data.rating}}")).toEqual([["reference.unknown", "event.data.rating"]]);
  expect(codes("{{evnt.id}}")).toEqual([["reference.unknown", "event"]]);
  expect(codes("{{json this}}")).toEqual([["reference.scope", "event.data"]]);
  expect(codes("{{steps.any.id}}{{vars.any}}{{error.message}}{{run.id}}")).toEqual([]);
});
