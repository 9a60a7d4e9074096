// Which schemas do several of Slack's actions share?
import type { JsonSchema } from "../../src/model/json.ts";

export const channelId: JsonSchema = {
  type: "string",
  minLength: 1,
  maxLength: 255,
  description: "The channel's ID, as postMessage answers it. Names are not taken here.",
};

export const messageTs: JsonSchema = {
  type: "string",
  pattern: "^[0-9]{1,12}\\.[0-9]{6}$",
  description: "The message's ts, as postMessage answers it: text, since a number would lose digits.",
};

export const warnings: JsonSchema = {
  type: "array",
  items: { type: "string" },
  description: "What Slack warned about, where it did: message_truncated, …",
};

/** Block Kit's blocks; Slack checks what is inside. */
export const blocks: JsonSchema = {
  type: "array",
  maxItems: 50,
  items: { type: "object", required: ["type"], properties: { type: { type: "string" } } },
  description: "Blocks of Block Kit. The text is then what notifications show.",
};
