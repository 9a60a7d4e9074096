import fc from "fast-check";
import { parseTemplate } from "../../../src/flow/template/parse.ts";
import { templatePaths } from "../../../src/flow/template/paths.ts";
import { scanTemplate } from "../../../src/flow/template/scan.ts";

describe("what a template may be", () => {
  test.each([
    ["a tree", { type: "Program", body: [] }],
    ["a tree with text", { type: "Program", body: [{ type: "ContentStatement", value: "x" }] }],
    ["a list", ["{{a}}"]],
    ["a number", 5],
    ["null", null],
    ["an object with toString", { toString: () => "{{a}}" }],
    ["a String object", Object("{{a}}")],
  ])("%s is none: only texts are", (_name, value: unknown) => {
    expect(parseTemplate(value)).toMatchObject({ ok: false, message: "A template is a text." });
  });

  test.each([
    "",
    "plain",
    "{{a}}",
    "{{a.b.[c d].e}}",
    "{{{a}}}",
    "{{&a}}",
    "{{! note }}{{!-- {{x}} --}}",
    "\\{{a}}",
    "}} {",

    "{{default a 'x'}}",
    "{{upper (trim (default a b))}}",
    "{{or (or (or (or a b) b) b) b}}",
    '{{replace a "(((((((" "}}"}}',

    "{{date a zone='Europe/Kyiv'}}",
    "{{#if (and a (not b))}}x{{else if c}}y{{else}}z{{/if}}",
    "{{this.date}} {{./length}}",
    "{{#each a as |x i|}}{{x}}{{/each}}{{^if a}}b{{/if}}{{#with a}}{{@root.b}}{{/with}}",
    "{{a}}".repeat(500),
    "{{#if a}}".repeat(8) + "{{/if}}".repeat(8),
    `{{#if a}}1${"{{else if b}}2".repeat(50)}{{else}}3{{/if}}`,
    "x".repeat(16 * 1024),
  ])("accepts %s", (text) => {
    expect(parseTemplate(text)).toMatchObject({ ok: true });
  });

  test.each([
    ["a partial", "{{> card}}"],
    ["a dynamic partial", "{{> (lookup . 'p')}}"],
    ["a partial block", "{{#> card}}x{{/card}}"],
    ["an inline partial", '{{#*inline "p"}}x{{/inline}}'],
    ["a decorator", "{{* dec}}"],
    ["a raw block", "{{{{raw}}}} {{a}} {{{{/raw}}}}"],
    ["log with arguments", '{{log "x"}}'],
    ["an unknown function", "{{shout a}}"],
    ["an unknown function in brackets", "{{upper (shout a)}}"],
    ["a function by a path", "{{a.b c}}"],
    ["a block that is no helper", "{{#people}}x{{/people}}"],
    ["a function as a block", "{{#upper a}}x{{/upper}}"],
    ["a block as a function", "{{upper (if a b)}}"],
    ["a block without its #", "{{if a}}"],
    ["helperMissing with arguments", "{{helperMissing a}}"],
    ["__proto__", "{{__proto__}}"],
    ["constructor in a path", "{{a.constructor.name}}"],
    ["constructor in brackets", "{{a.[constructor]}}"],
    ["prototype as an argument", "{{upper a.prototype}}"],
    ["constructor below @root", "{{@root.constructor}}"],
    ["constructor as a text", '{{"constructor"}}'],
    ["constructor as a block", "{{#constructor}}x{{/constructor}}"],
    ["a data name that is not known", "{{@partial-block}}"],
    ["@level", "{{@level}}"],
    ["17 segments", `{{${"a.".repeat(16)}a}}`],
    ["too few arguments", "{{replace a}}"],
    ["too many arguments", "{{upper a b}}"],
    ["a function without arguments", "{{date}}"],
    ["an unknown option", "{{upper a loud=true}}"],
    ["an unknown option of a block", "{{#each a max=3}}x{{/each}}"],
    ["two conditions", "{{#if a b}}x{{/if}}"],
    ["no condition", "{{#if}}x{{/if}}"],
    ["an open mustache", "{{a"],
    ["an open block", "{{#if a}}x"],
    ["a wrong end", "{{#if a}}x{{/each}}"],
    ["an open text", '{{upper "a}}'],
    ["an open comment", "{{!-- a }}"],
    ["an index without brackets", "{{items.0}}"],
    ["nothing", "{{}}"],
  ])("refuses %s with a reason and a suggestion", (_name, text) => {
    const parsed = parseTemplate(text);
    expect(parsed).toMatchObject({ ok: false });
    expect(parsed).toHaveProperty("message", expect.stringMatching(/\w{2}/));
    expect(parsed).toHaveProperty("suggestion", expect.stringMatching(/\w{2}/));
  });

  test("a slip in a function's name is recognised", () => {
    expect(parseTemplate("{{truncat a 5}}")).toMatchObject({ suggestion: "Did you mean `truncate`?" });
    expect(parseTemplate("{{date}}")).toMatchObject({ suggestion: "For the member of that name write {{this.date}}." });
    expect(parseTemplate("{{items.0}}")).toMatchObject({ suggestion: "Write a list's index in brackets: items.[0]." });
  });

  test("whatever text comes, there is an answer", () => {
    const piece = fc.constantFrom(
      "{{",
      "}}",
      "{{{",
      "}}}",
      "~",
      "#if",
      "/if",
      "else",
      "(",
      ")",
      '"',
      "[",
      "]",
      "\\",
      "!--",
      "a",
      ".",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(typeof parseTemplate(pieces.join(" ")).ok).toBe("boolean");
        expect(typeof parseTemplate(pieces.join("")).ok).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });

  test("a template is parsed once", () => {
    const first = parseTemplate("{{once}}");
    expect(parseTemplate("{{once}}")).toBe(first);
    for (let i = 0; i < 600; i++) parseTemplate(`{{other${i}}}`);
    expect(parseTemplate("{{once}}")).not.toBe(first);
  });
});

describe("the scan before the parser", () => {
  const bombs: [string, string][] = [
    ["nested sub-expressions", `{{or ${"(or ".repeat(3_000)}a${")".repeat(3_000)}}}`],
    ["nested ifs", "{{#if a}}".repeat(1_000)],
    ["nested inverted blocks", "{{^if a}}".repeat(1_000)],
    ["nested blocks with tildes", "{{~#if a}}".repeat(1_000)],
    ["a chain of else if", `{{#if a}}${"{{else if b}}".repeat(1_000)}{{/if}}`],
    ["a chain of else if in disguise", `{{#if a}}${"{{~   else[if] b}}".repeat(60)}{{/if}}`],
    ["5,000 mustaches", "{{a}}".repeat(3_000)],
    ["brackets hidden behind a closed text", `{{or ")" ${"(or ".repeat(100)}`],
    ["brackets hidden behind a segment", `{{or [)] ${"(or ".repeat(100)}`],
    ["blocks hidden behind comments", "{{! {{/if}}{{#if a}}".repeat(100)],
    ["blocks hidden behind long comments", "{{!-- {{/if}} --}}{{#if a}}".repeat(100)],
    ["blocks hidden behind escapes", "\\{{/if}}{{#if a}}".repeat(100)],
    ["blocks behind two backslashes", "\\\\{{#if a}}".repeat(100)],
    ["raw blocks", "{{{{a}}}}".repeat(100)],
  ];
  test.each(bombs)("refuses %s before the parser sees them", (_name, text) => {
    expect(scanTemplate(text)).toMatchObject({ ok: false });
    expect(parseTemplate(text)).toMatchObject({ ok: false });
  });

  test.each([
    ["16 KB and one", "x".repeat(16 * 1024 + 1)],
    ["16 KB of two-byte characters", "ї".repeat(8 * 1024 + 1)],
    ["500 KB of mustaches", "{{a}}".repeat(100_000)],
  ])("refuses %s for its size", (_name, text) => {
    expect(parseTemplate(text)).toMatchObject({ ok: false, message: "A template has at most 16 KB." });
  });

  test("without the scan such a text reaches the parser", () => {
    const mild = "{{a}}".repeat(600);
    expect(parseTemplate(mild)).toMatchObject({
      ok: false,
      message: expect.stringContaining("500 mustaches") as string,
    });
    expect(parseTemplate(mild, { scan: false })).toMatchObject({ ok: true });
  });

  test("what the scan lets through by mistake the tree's own limits still refuse", () => {
    const calls = `{{or ${"(or ".repeat(5)}a b${" b)".repeat(5)} b}}`;
    expect(parseTemplate(calls, { scan: false })).toMatchObject({ ok: false, message: "Calls nest at most 4 deep." });
    const blocks = "{{#if a}}".repeat(9) + "{{/if}}".repeat(9);
    expect(parseTemplate(blocks, { scan: false })).toMatchObject({ ok: false, message: "Blocks nest at most 8 deep." });
  });
});

describe("what a template reads", () => {
  test.each<[string, string[]]>([
    ["plain", []],
    ["{{event.data.a}} {{steps.case.id}} {{event.data.a}}", ["event.data.a", "steps.case.id"]],
    [
      "{{default event.data.a (upper vars.b)}} {{date vars.c zone=vars.d}}",
      ["event.data.a", "vars.b", "vars.c", "vars.d"],
    ],
    ["{{#if event.data.a}}{{vars.b}}{{else}}{{vars.c}}{{/if}}", ["event.data.a", "vars.b", "vars.c"]],
    ["{{#each event.data.items}}{{name}}{{#each tags}}{{this}}{{/each}}{{/each}}", ["event.data.items"]],
    [
      "{{#each event.data.items}}{{../vars.a}}{{@root.vars.b}}{{#if x}}{{../vars.c}}{{/if}}{{/each}}",
      ["event.data.items", "vars.a", "vars.b", "vars.c"],
    ],
    ["{{#each a.b}}{{#with c}}{{../d}}{{../../e.f}}{{/with}}{{else}}{{g}}{{/each}}", ["a.b", "e.f", "g"]],
    ["{{#each a.b as |x i|}}{{x.c}}{{i}}{{/each}}{{#with a as |x|}}{{../x}}{{/with}}", ["a", "a.b", "x"]],
    [
      "{{this.event.a}}{{./vars.b}}{{event.[odd key].c}}{{event.[a.b].c}}",
      ["event", "event.a", "event.odd key.c", "vars.b"],
    ],
    ["{{this}}", [""]],
    ["{{lookup steps.case event.data.key}}", ["event.data.key", "steps.case"]],
    ["{{@index}}{{@key}}", []],
  ])("%s reads %j", (text, paths) => {
    const parsed = parseTemplate(text);
    expect(parsed.ok && templatePaths(parsed.template)).toEqual(paths);
  });
});
