// Webhooks: signed deliveries to any URL.
import { defineConnector } from "../../src/connector/contract.ts";
import { post } from "./actions/post.ts";

export const webhook = defineConnector({
  id: "webhook",
  title: "Webhook",
  description: "Signed deliveries to any URL.",
  actions: [post],
});
