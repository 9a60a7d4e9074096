// Does a Slack connection work?
import type { ActionRequest, Connector, ConnectionView } from "../../src/connector/contract.ts";
import type { HttpAnswer } from "../../src/delivery/http.ts";
import { webApiAnswer, webhookAnswer, webhookCodeOf } from "./answer.ts";
import { postJson, postOf } from "./call.ts";

/** What a webhook in service says about a message without content. */
const emptyMessageCodes: ReadonlySet<string> = new Set([
  "no_text",
  "missing_text_or_fallback_or_attachments",
  "invalid_payload",
]);

/**
 * `auth.test` for tokens. A webhook URL has no method that only looks, so it gets a message without content: one in
 * service refuses it as empty and posts nothing, one out of service says that.
 */
export const check: NonNullable<Connector["check"]> = {
  request: ({ kind }: ConnectionView): ActionRequest =>
    kind === "webhookUrl" ? postJson("", {}) : postOf("auth.test", {}),
  response(answer) {
    const code = webhookCodeOf(answer);
    if (code !== undefined) return webhookCheck(answer, code);
    const answered = webApiAnswer(answer, ({ team, user }) => ({ team: team ?? null, user: user ?? null }));
    if (!answered.ok) return answered;
    // Safe: the reader above makes an object of these members.
    const { team, user } = answered.output as { team: unknown; user: unknown };
    return { ok: true, detail: `Signed in to ${nameOf(team)} as ${nameOf(user)}.` };
  },
};

function webhookCheck(answer: HttpAnswer, code: string): ReturnType<typeof check.response> {
  if (answer.status === 400 && emptyMessageCodes.has(code)) {
    return { ok: true, detail: "The webhook URL is in service. Nothing was posted." };
  }
  const answered = webhookAnswer(answer, { place: "the webhook's channel" });
  return answered.ok ? { ok: true, detail: "The webhook URL is in service." } : answered;
}

function nameOf(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : "an unnamed one";
}
