// slack.updateMessage: a message that the same app has posted gets another content.
import { defineAction } from "../../../src/connector/contract.ts";
import type { JsonObject, JsonSchema } from "../../../src/model/json.ts";
import { answerBytesMax, webApiAnswer } from "../answer.ts";
import { channelIdProblem, given, postOf, tier3 } from "../call.ts";
import { blocks, channelId, messageTs, warnings } from "../schemas.ts";

type UpdateMessageInput = { channel: string; ts: string; text?: string; blocks?: JsonObject[] };

const examples: UpdateMessageInput[] = [
  { channel: "C0123ABCD", ts: "1503435956.000247", text: "Done: the customer was called." },
  { channel: "C0123ABCD", ts: "1503435956.000247", text: "Done", blocks: [] },
  { channel: "C0123ABCD", ts: "1503435956.000247", blocks: [{ type: "divider" }] },
];

const input: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["channel", "ts"],
  properties: {
    channel: channelId,
    ts: messageTs,
    text: {
      type: "string",
      minLength: 1,
      maxLength: 40_000,
      description: "The new text in Slack's mrkdwn; Slack takes 4,000 characters here.",
    },
    blocks: { ...blocks, description: "The new blocks. An empty list removes them; left out, they stay." },
  },
  anyOf: [
    { type: "object", required: ["text"] },
    { type: "object", required: ["blocks"] },
  ],
  examples,
};

const output: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["ok", "channel", "ts"],
  properties: { ok: { const: true }, channel: { type: "string" }, ts: { type: "string" }, warnings },
  examples: [{ ok: true, channel: "C0123ABCD", ts: "1503435956.000247" }],
};

export const updateMessage = defineAction<UpdateMessageInput>({
  id: "updateMessage",
  title: "Update a message",
  description: "Replaces the content of a message that the same app has posted.",
  effect: "idempotent-write",
  kinds: ["bearer"],
  input,
  output,
  counterExamples: [
    { input: { ts: "1503435956.000247", text: "a" }, pointer: "/channel" },
    { input: { channel: "C0123ABCD", text: "a" }, pointer: "/ts" },
    { input: { channel: "C0123ABCD", ts: 1503435956.000247, text: "a" }, pointer: "/ts" },
    { input: { channel: "C0123ABCD", ts: "yesterday", text: "a" }, pointer: "/ts" },
    { input: { channel: "C0123ABCD", ts: "1503435956.000247" }, pointer: "/text" },
    { input: { channel: "C0123ABCD", ts: "1503435956.000247", text: "a", username: "b" }, pointer: "/username" },
  ],
  request({ channel, ts, text, blocks: newBlocks }) {
    const problem = channelIdProblem(channel);
    if (problem !== undefined) return problem;
    return { ok: true, request: postOf("chat.update", given({ channel, ts, text, blocks: newBlocks })) };
  },
  response: (answer) =>
    webApiAnswer(answer, ({ channel, ts }) =>
      typeof channel === "string" && typeof ts === "string" ? { channel, ts } : undefined,
    ),
  throttle: () => tier3("updateMessage"),
  answerBytesMax: () => answerBytesMax,
});
