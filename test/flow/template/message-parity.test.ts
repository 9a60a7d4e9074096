// Handlebars is the oracle for messages too: each kind's templates write what Handlebars writes with that kind's escaping.
import Handlebars from "handlebars";
import { shippedTemplates } from "../../../src/api/shipped-templates.ts";
import { createMeter } from "../../../src/flow/logic/meter.ts";
import { checkMessage, renderMessage } from "../../../src/flow/message.ts";
import { functions, functionsByKind } from "../../../src/flow/template/functions/index.ts";
import { templateKinds, type TemplateKind } from "../../../src/model/template.ts";

/** Slack's three characters, by its documentation; written anew, so that the oracle shares nothing with what it judges. */
const slackEscape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const oracles = Object.fromEntries(templateKinds.map((kind) => [kind, oracleOf(kind)]));

/** Handlebars with a kind's functions as helpers. */
function oracleOf(kind: TemplateKind): typeof Handlebars {
  const oracle = Handlebars.create();
  for (const [name, { run, escaped }] of [...functions, ...functionsByKind[kind]]) {
    oracle.registerHelper(name, (...given: unknown[]) => {
      // The last one is what Handlebars hands to every helper.
      const { hash } = given.pop() as { hash: { [option: string]: unknown } };
      // A function's text is a plain one to the function around it; only the outermost call's is taken as it stands.
      const operands = given.map((one) => (one instanceof Handlebars.SafeString ? one.toString() : one));
      const made = run(operands, { meter: createMeter(Infinity, "test"), option: (option) => hash[option] });
      return escaped === undefined || typeof made !== "string" ? made : new Handlebars.SafeString(made);
    });
  }
  return oracle;
}

const htmlEscape = Handlebars.Utils.escapeExpression;
beforeAll(() => {
  // What `{{value}}` goes through in a compiled template.
  Handlebars.Utils.escapeExpression = (value: unknown) => {
    if (value instanceof Handlebars.SafeString) return value.toString();
    // The templates here show neither lists nor objects: those Handlebars writes in its own way.
    return value === undefined || value === null ? "" : slackEscape(`${value as string | number | boolean}`);
  };
});
afterAll(() => {
  Handlebars.Utils.escapeExpression = htmlEscape;
});

function theirs(kind: TemplateKind, text: string, scope: unknown): string | undefined {
  return oracles[kind]?.compile(text, { noEscape: kind !== "slack" })(scope);
}

function ours(kind: TemplateKind, text: string, scope: unknown): string {
  const [finding] = checkMessage(kind, text);
  const rendered = renderMessage({ kind, text }, scope);
  if (!rendered.ok || finding !== undefined) return JSON.stringify([finding, rendered]);
  return rendered.text;
}

const scopeOf = (data: unknown, rest: object = {}) => ({
  event: { id: "evt_1", type: "review.created", occurredAt: "2026-11-22T08:00:00Z", data },
  flow: { id: "flow_1", slug: "a", name: "A & B <flow>", version: 1 },
  run: { id: "run_1" },
  ...rest,
});

const hostile = {
  rating: 5,
  title: "<!channel> & <@U1> >quote",
  content: "1 < 2\r\n& \u{1f600} «Київ»\n\n<https://evil.example|click>",
  author: { name: "<b>Олена</b>", email: "a&b@example.com" },
  tags: ["<!here>", "ok"],
  customer: { name: "Łukasz <x>" },
  items: [{ sku: "a<b", quantity: 12, price: 0 }, {}],
  total: 0,
  url: "https://example.com/?a=<b>&c=d|e f",
  note: "one two three ".repeat(20),
  figures: [{ label: "<Reviews>", value: 1, before: 0 }],
  from: "2026-01-01",
  to: 1_795_334_400_000,
  startsAt: "2026-02-28T23:30:00Z",
  zone: "Asia/Kathmandu",
  service: "<s>",
  place: "a\nb",
};
const scopes: [string, object][] = [
  ["no data", scopeOf({})],
  ["null members", scopeOf(Object.fromEntries(Object.keys(hostile).map((key) => [key, null])))],
  ["empty texts and lists", scopeOf({ title: "", content: "", tags: [], items: [], figures: [], customer: {} })],
  ["hostile and unicode data", scopeOf(hostile, { error: { step: "a", class: "network", message: "no <answer>" } })],
];

describe.each([...shippedTemplates.values()])("$slug", ({ kind, text, sample }) => {
  test.each([...scopes, ["its sample", scopeOf(sample?.data)] as [string, object]])("with %s", (_, scope) => {
    expect(ours(kind, text, scope)).toBe(theirs(kind, text, scope));
  });
});

const constructs = [
  "{{event.data.title}}|{{{event.data.title}}}|{{&event.data.title}}|{{event.data.missing.deep}}|{{{event.data.missing}}}",
  "{{#if event.data.rating}}{{event.data.title}}{{else if event.data.content}}b{{else}}c{{/if}}",
  "{{#unless event.data.rating}}none{{else}}{{event.data.rating}}{{/unless}}{{#if event.data.total includeZero=true}}z{{/if}}",
  "{{#each event.data.items}}{{@index}}{{#if @first}}first{{/if}}{{#if @last}}last{{/if}} {{sku}}{{#if price}}!{{/if}}{{../event.data.title}}\n{{else}}none{{/each}}",
  "{{#each event.data.author}}{{@key}}={{this}};{{/each}}",
  "{{#each event.data.tags as |tag i|}}{{i}}:{{tag}}{{#each ../event.data.tags}}{{@../index}}{{this}}{{/each}}{{/each}}",
  "{{#with event.data.author}}{{name}} {{email}} {{@root.event.id}}{{else}}nobody{{/with}}",
  "{{#with (lookup event.data.items 0) as |item|}}{{item.sku}}{{/with}}",
  "{{! a comment }}a {{!-- {{event.id}} --}} b {{~event.id~}} c",
  "{{#if event.data.title}}\n  {{event.data.title}}\n{{else}}\n  -\n{{/if}}\nend\n",
  "{{#if event.data.title~}}  x  {{~else~}}  y  {{~/if}}",
  "\\{{event.id}} {{default event.data.title 'a & <b>'}} {{upper event.data.title}} {{truncate event.data.content 12}}",
  "{{join event.data.tags ' & '}} {{replace event.data.title '<' '>'}} {{default (upper event.data.nothing) '<>'}}",
  "{{flow.name}} & <plain> {{date event.occurredAt \"d MMM '<'\"}}",
  "\u{1f600} {{event.data.author.name}} «{{event.data.content}}» \u2028",
];
const ofKind: { [kind in TemplateKind]: string[] } = {
  slack: [
    "{{slackEscape event.data.title}}|{{{slackEscape event.data.title}}}|{{upper (slackEscape event.data.title)}}",
    "{{slackLink event.data.url event.data.title}} {{slackLink event.data.url}} {{{slackLink event.data.title}}}",
    "{{slackQuote event.data.content}}\n{{slackDate event.occurredAt}} {{slackDate event.occurredAt '{ago} & <'}}",
    "{{#each event.data.tags}}{{slackLink 'https://example.com' this}}{{/each}}",
  ],
  email: [
    "{{wrap event.data.note 30}}\n{{indent event.data.content}}\n{{indent (wrap event.data.note 40) 4}}",
    "[{{pad event.data.title 40}}][{{pad event.data.rating 5 align='right'}}]",
  ],
  text: [],
};
const rows = templateKinds.flatMap((kind) => [...constructs, ...ofKind[kind]].map((text) => ({ kind, text })));

describe.each(scopes)("with %s", (_, scope) => {
  test.each(rows)("$kind: $text", ({ kind, text }) => {
    expect(ours(kind, text, scope)).toBe(theirs(kind, text, scope));
  });
});

test("the oracle would notice another escaping", () => {
  const text = "{{event.data.title}}";
  const scope = scopeOf(hostile);
  expect(ours("text", text, scope)).not.toBe(theirs("slack", text, scope));
  expect(ours("slack", text, scope)).not.toBe(Handlebars.compile(text, { noEscape: true })(scope));
});
