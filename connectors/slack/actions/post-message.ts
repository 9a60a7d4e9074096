// slack.postMessage: a message to a channel, by a token or by an incoming webhook.
import { defineAction } from "../../../src/connector/contract.ts";
import type { ActionCall, Built } from "../../../src/connector/contract.ts";
import type { JsonObject, JsonSchema } from "../../../src/model/json.ts";
import { answerBytesMax, webApiAnswer, webhookAnswer } from "../answer.ts";
import { given, postJson, postOf, refused } from "../call.ts";
import { blocks, messageTs, warnings } from "../schemas.ts";

type PostMessageInput = {
  channel?: string;
  text?: string;
  blocks?: JsonObject[];
  threadTs?: string;
  replyBroadcast?: boolean;
  unfurlLinks?: boolean;
  unfurlMedia?: boolean;
  mrkdwn?: boolean;
  username?: string;
  iconEmoji?: string;
  iconUrl?: string;
};

/** For connections with a token: with an incoming webhook, text and blocks are all. */
const examples: PostMessageInput[] = [
  { channel: "C0123ABCD", text: "A review with 2 stars came in." },
  { channel: "#reviews", text: "*2 stars* from Ann", unfurlLinks: false, unfurlMedia: false },
  { channel: "C0123ABCD", text: "More about it", threadTs: "1503435956.000247", replyBroadcast: true },
  {
    channel: "C0123ABCD",
    text: "A review with 2 stars came in.",
    blocks: [{ type: "section", text: { type: "mrkdwn", text: "*2 stars* from Ann" } }],
    username: "Reviews",
    iconEmoji: ":star:",
  },
];

/** What an incoming webhook takes; its channel was chosen when it was made. */
const webhookMembers: ReadonlySet<string> = new Set(["text", "blocks"]);

const input: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: [],
  properties: {
    channel: {
      type: "string",
      minLength: 1,
      maxLength: 255,
      description:
        "Where to: a channel's ID or #name, or a user's ID. Left out with an incoming webhook, which has its own.",
    },
    text: {
      type: "string",
      minLength: 1,
      // Slack would cut what is beyond, and say so only by a warning.
      maxLength: 40_000,
      description: "The message in Slack's mrkdwn. Beside blocks: what notifications show.",
    },
    blocks: { ...blocks, minItems: 1 },
    threadTs: { ...messageTs, description: "The ts of the message to reply to." },
    replyBroadcast: { type: "boolean", description: "Shows a reply in the channel, too." },
    unfurlLinks: { type: "boolean", description: "Whether links to text are shown with a preview." },
    unfurlMedia: { type: "boolean", description: "Whether links to media are shown with a preview." },
    mrkdwn: { type: "boolean", description: "False: the text is shown as it stands." },
    username: { type: "string", minLength: 1, maxLength: 80, description: "Needs the scope chat:write.customize." },
    iconEmoji: { type: "string", pattern: "^:[^:\\s].*:$", description: "Like :star:. Needs chat:write.customize." },
    iconUrl: { type: "string", pattern: "^https?://", description: "An image. Needs chat:write.customize." },
  },
  anyOf: [
    { type: "object", required: ["text"] },
    { type: "object", required: ["blocks"] },
  ],
  dependentRequired: { replyBroadcast: ["threadTs"] },
  examples,
};

const output: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["ok"],
  properties: {
    ok: { const: true },
    channel: { type: "string", description: "The channel's ID. Absent with an incoming webhook." },
    ts: { type: "string", description: "What names the message: for replies, updates and reactions. Absent likewise." },
    warnings,
  },
  examples: [{ ok: true, channel: "C0123ABCD", ts: "1503435956.000247" }, { ok: true }],
};

export const postMessage = defineAction<PostMessageInput>({
  id: "postMessage",
  title: "Post a message",
  description:
    "Posts a message to a channel or person. Slack takes no key that would find duplicates: when nobody knows whether a " +
    'message was posted, the step fails and asks, unless it says "onAmbiguous": "repeat".',
  effect: "unsafe-write",
  kinds: ["bearer", "webhookUrl"],
  input,
  output,
  counterExamples: [
    { input: { channel: "C0123ABCD" }, pointer: "/text" },
    { input: { channel: "C0123ABCD", text: "" }, pointer: "/text" },
    { input: { channel: "C0123ABCD", text: "x".repeat(40_001) }, pointer: "/text" },
    { input: { channel: 7, text: "a" }, pointer: "/channel" },
    { input: { channel: "", text: "a" }, pointer: "/channel" },
    { input: { channel: "C0123ABCD", blocks: [] }, pointer: "/blocks" },
    { input: { channel: "C0123ABCD", blocks: [{}] }, pointer: "/blocks/0/type" },
    { input: { channel: "C0123ABCD", text: "a", threadTs: 1503435956.000247 }, pointer: "/threadTs" },
    { input: { channel: "C0123ABCD", text: "a", replyBroadcast: true }, pointer: "/threadTs" },
    { input: { channel: "C0123ABCD", text: "a", thread_ts: "1503435956.000247" }, pointer: "/thread_ts" },
  ],
  request: buildPost,
  response(answer, { channel }) {
    // Only an incoming webhook is called without a channel, and it answers in another way.
    if (channel === undefined) return webhookAnswer(answer, { place: "the webhook's channel" });
    return webApiAnswer(answer, postedMessage, { place: channel });
  },
  throttle({ channel }) {
    // docs.slack.dev/apis/web-api/rate-limits: one message a second for each channel, and for each incoming webhook.
    return { key: channel === undefined ? "postMessage" : `postMessage/${channel}`, perMs: 1_000 };
  },
  answerBytesMax: () => answerBytesMax,
});

function buildPost(message: PostMessageInput, { connection }: ActionCall): Built {
  const { channel, text } = message;
  if (connection?.kind === "webhookUrl") {
    const tooMuch = Object.keys(message).find((name) => !webhookMembers.has(name));
    if (tooMuch !== undefined) return refused("webhook_input", webhookRefusal(tooMuch));
    return { ok: true, request: postJson("", given({ text, blocks: message.blocks })) };
  }
  if (channel === undefined) {
    return refused("channel_required", "/channel is missing: only an incoming webhook has a channel of its own.");
  }
  const args = given({
    channel,
    text,
    blocks: message.blocks,
    thread_ts: message.threadTs,
    reply_broadcast: message.replyBroadcast,
    unfurl_links: message.unfurlLinks,
    unfurl_media: message.unfurlMedia,
    mrkdwn: message.mrkdwn,
    username: message.username,
    icon_emoji: message.iconEmoji,
    icon_url: message.iconUrl,
  });
  return { ok: true, request: postOf("chat.postMessage", args) };
}

function webhookRefusal(name: string): string {
  const reason =
    name === "channel" ? "An incoming webhook posts to the channel that it was made for" : "It has no effect";
  return `/${name} must be left out with an incoming webhook. ${reason}; a connection with a token can set it.`;
}

function postedMessage({ channel, ts }: JsonObject): JsonObject | undefined {
  return typeof channel === "string" && typeof ts === "string" ? { channel, ts } : undefined;
}
