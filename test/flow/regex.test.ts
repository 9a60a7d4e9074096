import { compileRegex, matchesRegex } from "../../src/flow/regex.ts";

describe("regular expressions", () => {
  test.each([
    ["^a+$", "aaa", true],
    ["^a+$", "aab", false],
    ["b", "abc", true],
    ["(?i)ÄB", "xäb", true],
    ["\\p{Cyrillic}", "Київ", true],
    ["^.$", "😀", true],
    ["", "", true],
  ])("%s on %j is %j", (pattern, text, expected) => {
    expect(matchesRegex(pattern, text)).toBe(expected);
  });

  test.each([
    ["lookahead", "a(?=b)"],
    ["backreference", "(a)\\1"],
    ["unbalanced", "(a"],
    ["too long", "a".repeat(257)],
    ["too large when repeated", "(?:a{500}){3}"],
    ["nested repetition", "((a{100}){100}){100}"],
  ])("refuses a pattern with a reason: %s", (_name, pattern) => {
    const compiled = compileRegex(pattern);
    expect(compiled.ok).toBe(false);
    expect(compiled).toHaveProperty("message", expect.stringMatching(/\w{3}/));
    expect(() => matchesRegex(pattern, "a")).toThrow(/pattern/);
  });

  test.each(["(a+)+$", "(a|aa)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){12}$", "(a?){100}a{100}"])(
    "%s, which would hang a backtracking engine, answers on a long text",
    (pattern) => {
      const compiled = compileRegex(pattern);
      expect(compiled.ok && typeof compiled.test(`${"a".repeat(20_000)}!`)).toBe("boolean");
    },
  );

  test("a pattern is compiled once, and the cache forgets the oldest", () => {
    const first = compileRegex("^first$");
    expect(compileRegex("^first$")).toBe(first);
    for (let i = 0; i < 250; i++) compileRegex(`^other${i}$`);
    expect(compileRegex("^first$")).not.toBe(first);
  });
});
