import { parseTemplate } from "../../../src/flow/template/parse.ts";
import { type RenderOptions, type RenderResult, renderTemplate } from "../../../src/flow/template/render.ts";

function rendering(text: string, scope: unknown, options: RenderOptions = {}): RenderResult {
  const parsed = parseTemplate(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return renderTemplate(parsed.template, scope, options);
}

function textOf(text: string, scope: unknown, options: RenderOptions = {}): string {
  const result = rendering(text, scope, options);
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.text;
}

describe("rendering", () => {
  test("what is missing is the empty text, and lists and objects are JSON", () => {
    const scope = { a: { b: [1, { c: "x" }], d: null, e: false, f: 0 } };
    expect(textOf("[{{a.b}}|{{a.x}}|{{a.d}}|{{a.e}}|{{a.f}}|{{x.y.z}}]", scope)).toBe('[[1,{"c":"x"}]|||false|0|]');
    expect(textOf("{{a}}", scope)).toBe(JSON.stringify(scope.a));
  });

  test("loops know their index, key and ends, and reach out by .. and @root", () => {
    const scope = { list: ["a", "b"], map: { x: 1, y: 2 }, name: "N" };
    expect(
      textOf("{{#each list}}{{@index}}{{this}}{{../name}}{{@root.name}}{{#unless @last}},{{/unless}}{{/each}}", scope),
    ).toBe("0aNN,1bNN");
    expect(textOf("{{#each map}}{{#if @first}}<{{/if}}{{@key}}={{.}};{{/each}}", scope)).toBe("<x=1;y=2;");
    expect(
      textOf(
        "{{#each list as |v i|}}{{#each ../map as |w k|}}{{i}}{{v}}{{k}}{{w}}{{@../index}} {{/each}}{{/each}}",
        scope,
      ),
    ).toBe("0ax10 0ay20 1bx11 1by21 ");
    expect(textOf("{{#each none}}x{{else}}nothing{{/each}}{{#with name as |n|}}{{n}}{{/with}}", scope)).toBe(
      "nothingN",
    );
  });

  test("values are escaped as the target needs it; triple mustaches and the template's own text are not", () => {
    const scope = { v: `<a href="x">'&\`=` };
    expect(textOf("<b>{{v}}</b>", scope, { escape: "html" })).toBe(
      "<b>&lt;a href&#x3D;&quot;x&quot;&gt;&#x27;&amp;&#x60;&#x3D;</b>",
    );
    expect(textOf("<b>{{{v}}}</b>", scope, { escape: "html" })).toBe(`<b>${scope.v}</b>`);
    expect(textOf("{{&v}}", scope, { escape: "html" })).toBe(scope.v);
    expect(textOf("https://x.test/{{v}}?q={{url v}}", { v: "a/b c" }, { escape: "url" })).toBe(
      "https://x.test/a%2Fb%20c?q=a%2Fb%20c",
    );
    expect(textOf("{{v}}", scope)).toBe(scope.v);
  });
});

describe("a template cannot reach what is not data", () => {
  const scope = { a: { list: [1], text: "t" }, key: "constructor" };
  test.each([
    "{{toString}}",
    "{{a.toString}}",
    "{{a.list.map}}",
    "{{a.text.at}}",
    "{{hasOwnProperty}}",
    "{{valueOf}}",
    "{{this.toString}}",
    "{{@root.toString}}",
    "{{@root.a.hasOwnProperty}}",
    '{{lookup a "toString"}}',

    '{{lookup a "constructor"}}',
    '{{lookup a "__proto__"}}',
    "{{lookup a key}}",
    '{{lookup (lookup a "list") "map"}}',

    "{{helperMissing}}",
    "{{blockHelperMissing}}",
    "{{log}}",
    "{{a.[toString]}}",
    "{{[hasOwnProperty]}}",
    "{{__defineGetter__}}",

    "{{#with a}}{{../toString}}{{/with}}",
    "{{#each a.list}}{{toFixed}}{{/each}}",
    "{{../../..}}",
    '{{first (pluck a.list "toFixed")}}',
  ])("%s renders empty", (template) => {
    const written: unknown[] = [];
    const spies = [jest.spyOn(process.stdout, "write"), jest.spyOn(process.stderr, "write")];
    for (const spy of spies) spy.mockImplementation((chunk) => written.push(chunk) > 0);
    const text = textOf(template, scope);
    for (const spy of spies) spy.mockRestore();
    expect(text).toBe("");
    expect(written).toEqual([]);
  });

  test("own members that bear the names of methods are data, and are never called", () => {
    const hostile = { toString: "mine", valueOf: 1, toJSON: "x", toHTML: "y", length: 7, helperMissing: "h" };
    expect(textOf("{{toString}}|{{helperMissing}}|{{this.length}}", hostile)).toBe("mine|h|7");
    expect(textOf("{{v}}", { v: hostile }, { escape: "html" })).toContain("mine");
    expect(textOf("{{#each v}}{{@key}} {{/each}}", { v: hostile })).toContain("toJSON");
    expect(textOf("{{#if (eq v v)}}same{{/if}}", { v: hostile })).toBe("same");
  });

  test("data with a member __proto__ shows it in JSON only, and pollutes nothing", () => {
    const hostile: unknown = JSON.parse('{"v":{"__proto__":{"admin":true}}}');
    expect(textOf("{{v}}", hostile)).toBe('{"__proto__":{"admin":true}}');
    expect(textOf("{{v.admin}}{{#each v}}{{@key}}{{admin}};{{/each}}", hostile)).toBe("__proto__;");
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("a value cannot become a template", () => {
    expect(textOf("{{v}}", { v: "{{secret}}", secret: "s" })).toBe("{{secret}}");
  });
});

describe("a template that would take all the machine's time or memory ends over its budget", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i);
  const four =
    "{{#each @root.l}}{{#each @root.l}}{{#each @root.l}}{{#each @root.l}}x{{/each}}{{/each}}{{/each}}{{/each}}";
  const members = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, i]));
  const long = "a".repeat(250 * 1024);

  test.each<[string, string, unknown]>([
    ["four nested loops over 100 items", four, { l: hundred }],
    ["a loop over 3,000 members within itself", "{{#each o}}{{#each @root.o}}{{/each}}{{/each}}", { o: members }],
    ["a long text again and again", "{{#each l}}{{@root.t}}{{/each}}", { l: hundred, t: long }],
    [
      "900 texts of 1 MB",
      "{{#each l}}{{this}}{{/each}}",
      { l: Array.from({ length: 900 }, () => "x".repeat(1_000_000)) },
    ],
    [
      "a large object again and again",
      "{{#each l}}{{length (json @root.o)}}{{/each}}",
      { l: [...hundred, ...hundred, ...hundred, ...hundred], o: members },
    ],
    ["a replacement that multiplies", '{{replace t "a" t}}', { t: long }],
    ["a separator that multiplies", '{{join (split t "") t}}', { t: long }],
    [
      "long texts changed without being shown",
      "{{#each l}}{{#if (upper @root.t)}}{{/if}}{{/each}}",
      { l: hundred, t: long },
    ],
    [
      "sorting again and again",
      "{{#each l}}{{#if (sort @root.l)}}{{/if}}{{/each}}",
      { l: Array.from({ length: 1000 }, (_, i) => i) },
    ],
    [
      "taking long lists apart again and again",
      '{{#each l}}{{#if (pluck @root.l "x")}}{{/if}}{{/each}}',
      { l: Array.from({ length: 1000 }, () => ({ x: 1 })) },
    ],
    [
      "searching again and again",
      '{{#each l}}{{#if (replace @root.t "b" "c")}}{{/if}}{{/each}}',
      { l: hundred, t: long },
    ],
    [
      "dates again and again",
      '{{#each l}}{{#if (date this "iso")}}{{/if}}{{/each}}',
      { l: Array.from({ length: 3000 }, () => 0) },
    ],
    ["hashes of long texts", "{{#each l}}{{sha256 @root.t}}{{/each}}", { l: hundred, t: long }],
    [
      "comparing long lists again and again",
      "{{#each l}}{{#if (eq @root.l @root.m)}}{{/if}}{{/each}}",
      { l: Array.from({ length: 300 }, () => 1), m: Array.from({ length: 300 }, () => 1) },
    ],
  ])("%s", (_name, template, scope) => {
    expect(rendering(template, scope)).toMatchObject({ ok: false, code: "budget" });
  });

  test("without a budget the same attacks succeed", () => {
    const unbounded = { steps: Infinity, bytes: Infinity };
    const twenty = hundred.slice(0, 20);
    expect(rendering(four, { l: twenty })).toMatchObject({ ok: false, code: "budget" });
    expect(textOf(four, { l: twenty }, unbounded)).toHaveLength(20 ** 4);
    expect(rendering("{{t}}{{t}}", { t: long })).toMatchObject({ ok: false, code: "budget" });
    expect(textOf("{{t}}{{t}}", { t: long }, unbounded)).toHaveLength(2 * long.length);
  });

  test("256 KB of output are the most, counted in bytes of UTF-8", () => {
    expect(rendering("{{t}}", { t: "x".repeat(256 * 1024) }).ok).toBe(true);
    expect(rendering("{{t}}x", { t: "x".repeat(256 * 1024) })).toMatchObject({ ok: false, code: "budget" });
    expect(rendering("{{t}}", { t: "ї".repeat(128 * 1024 + 1) })).toMatchObject({ ok: false, code: "budget" });
  });

  test("data that nests too deep for JSON is an answer, not an exception", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 20_000; i++) deep = [deep];
    expect(rendering("{{d}}", { d: deep })).toMatchObject({ ok: false, code: "budget" });
  });

  test("an ordinary message costs a small part of the budget", () => {
    const result = rendering("{{#each items}}{{name}}: {{number price 2}}\n{{/each}}", {
      items: hundred.map((n) => ({ name: `item ${n}`, price: n })),
    });
    expect(result.ok && result.steps).toBeLessThan(2_000);
  });
});
