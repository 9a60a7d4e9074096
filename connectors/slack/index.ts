// Slack: messages, reactions and people of a workspace.
import { defineConnector } from "../../src/connector/contract.ts";
import { addReaction } from "./actions/add-reaction.ts";
import { lookupUserByEmail } from "./actions/lookup-user-by-email.ts";
import { postMessage } from "./actions/post-message.ts";
import { updateMessage } from "./actions/update-message.ts";
import { tokenAuth, webhookAuth } from "./auth.ts";
import { check } from "./check.ts";

export const slack = defineConnector({
  id: "slack",
  title: "Slack",
  description: "Messages, reactions and people of a workspace.",
  auth: { methods: [tokenAuth, webhookAuth], connection: "required" },
  baseUrl: "https://slack.com/api",
  check,
  refusalsCount: true,
  actions: [postMessage, updateMessage, addReaction, lookupUserByEmail],
});
