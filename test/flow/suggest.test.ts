// Is the word that is suggested the one that was meant?
import { didYouMean } from "../../src/flow/suggest.ts";

const words = ["retry", "timeout", "url", "with", "connection", "slack.postMessage"];

test.each([
  ["retires", "retry"],
  ["rerty", "retry"],
  ["timout", "timeout"],
  ["URL", "url"],
  ["wiht", "with"],
  ["slack.postMesage", "slack.postMessage"],
  ["conection", "connection"],
  ["slack.post", "slack.postMessage"],
])("%s means %s", (word, meant) => {
  expect(didYouMean(word, words)).toBe(meant);
});

test.each(["", "zebra", "x", "completely different"])("%j means none of them", (word) => {
  expect(didYouMean(word, words)).toBeUndefined();
});

test("how several words begin means none of them", () => {
  expect(didYouMean("slack.post", ["slack.postMessage", "slack.postReminder"])).toBeUndefined();
});

test("a huge word costs nothing and means nothing", () => {
  const huge = "a".repeat(100_000);
  expect(didYouMean(huge, [huge.slice(1)])).toBeUndefined();
});
