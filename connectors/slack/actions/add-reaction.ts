// slack.addReaction: an emoji under a message.
import { defineAction } from "../../../src/connector/contract.ts";
import type { Answered } from "../../../src/connector/contract.ts";
import type { JsonSchema } from "../../../src/model/json.ts";
import { webApiAnswer } from "../answer.ts";
import { channelIdProblem, postOf, tier3 } from "../call.ts";
import { channelId, messageTs, warnings } from "../schemas.ts";

type AddReactionInput = { channel: string; ts: string; name: string };

const examples: AddReactionInput[] = [
  { channel: "C0123ABCD", ts: "1503435956.000247", name: "eyes" },
  { channel: "C0123ABCD", ts: "1503435956.000247", name: ":thumbsup::skin-tone-3:" },
];

const input: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["channel", "ts", "name"],
  properties: {
    channel: channelId,
    ts: messageTs,
    name: { type: "string", pattern: "^[^\\s]{1,255}$", description: "The emoji's name, with or without colons." },
  },
  examples,
};

const output: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["ok", "added"],
  properties: {
    ok: { const: true },
    added: { type: "boolean", description: "False when the app's reaction was there before." },
    warnings,
  },
  examples: [{ ok: true, added: true }],
};

export const addReaction = defineAction<AddReactionInput>({
  id: "addReaction",
  title: "Add a reaction",
  description: "Adds an emoji to a message. One that is there already is a success.",
  effect: "idempotent-write",
  kinds: ["bearer"],
  input,
  output,
  counterExamples: [
    { input: { ts: "1503435956.000247", name: "eyes" }, pointer: "/channel" },
    { input: { channel: "C0123ABCD", name: "eyes" }, pointer: "/ts" },
    { input: { channel: "C0123ABCD", ts: "1503435956.000247" }, pointer: "/name" },
    { input: { channel: "C0123ABCD", ts: "1503435956.000247", name: "two words" }, pointer: "/name" },
    { input: { channel: "C0123ABCD", timestamp: "1503435956.000247", name: "eyes" }, pointer: "/ts" },
  ],
  request({ channel, ts, name }) {
    const problem = channelIdProblem(channel);
    if (problem !== undefined) return problem;
    // Slack's clients write emojis with colons, its API without.
    const bareName = name.replace(/^:(.+):$/, "$1");
    return { ok: true, request: postOf("reactions.add", { channel, timestamp: ts, name: bareName }) };
  },
  response(answer): Answered {
    const answered = webApiAnswer(answer, () => ({ added: true }));
    const isThere = !answered.ok && answered.failure.code === "already_reacted";
    return isThere ? { ok: true, output: { ok: true, added: false } } : answered;
  },
  throttle: () => tier3("addReaction"),
});
