// How do people let Millrace into their Slack workspace?
import type { AuthMethod } from "../../src/connector/contract.ts";

/** A bot's or user's token: all actions. */
export const tokenAuth: AuthMethod = {
  kind: "bearer",
  title: "Token",
  credentials: {
    type: "object",
    additionalProperties: false,
    required: ["token"],
    properties: {
      token: {
        type: "string",
        pattern: "^xox[bp]-[0-9A-Za-z-]{8,}$",
        maxLength: 500,
        "x-secret": true,
        description:
          "A bot token (xoxb-…) or user token (xoxp-…) from the Slack app's page OAuth & Permissions. Tokens that " +
          "rotate (xoxe.…) and app-level tokens (xapp-…) are not taken.",
      },
      apiUrl: {
        type: "string",
        pattern: "^https?://",
        "x-url": true,
        description:
          "Where the Web API is, when it is not https://slack.com/api: https://slack-gov.com/api for GovSlack.",
      },
    },
    examples: [
      { token: "xoxb-0000000000-example" },
      { token: "xoxp-0000000000-example", apiUrl: "https://slack-gov.com/api" },
    ],
  },
  counterExamples: [
    { input: {}, pointer: "/token" },
    { input: { token: "xapp-1-0000000000-example" }, pointer: "/token" },
    { input: { token: "xoxe.xoxb-1-0000000000-example" }, pointer: "/token" },
    { input: { token: "Bearer xoxb-0000000000-example" }, pointer: "/token" },
    { input: { token: "xoxb-0000000000-example", apiUrl: "slack.com/api" }, pointer: "/apiUrl" },
    { input: { token: "xoxb-0000000000-example", url: "https://slack.com/api" }, pointer: "/url" },
  ],
  baseUrl: ({ apiUrl }) => (typeof apiUrl === "string" ? apiUrl.replace(/\/+$/, "") : undefined),
};

/** An incoming webhook: whoever knows its URL may post to its channel, so the URL is the secret. */
export const webhookAuth: AuthMethod = {
  kind: "webhookUrl",
  title: "Incoming webhook",
  credentials: {
    type: "object",
    additionalProperties: false,
    required: ["webhookUrl"],
    properties: {
      webhookUrl: {
        type: "string",
        pattern: "^https?://",
        maxLength: 2_000,
        "x-secret": true,
        "x-url": true,
        description: "The webhook's URL (https://hooks.slack.com/services/…). It can only post to its own channel.",
      },
    },
    examples: [{ webhookUrl: "https://hooks.slack.com/services/T00000000/B00000000/example" }],
  },
  counterExamples: [
    { input: {}, pointer: "/webhookUrl" },
    { input: { webhookUrl: "hooks.slack.com/services/T00000000/B00000000/example" }, pointer: "/webhookUrl" },
    {
      input: { webhookUrl: "https://hooks.slack.com/services/T00000000/B00000000/example", channel: "#a" },
      pointer: "/channel",
    },
  ],
  baseUrl: ({ webhookUrl }) => (typeof webhookUrl === "string" ? webhookUrl : undefined),
};
