// slack, for the conformance suite.
import type { ConnectorFixture, FakeAnswer } from "../fixture.ts";

const posted = { ok: true, channel: "C0REVIEWS", ts: "1503435956.000247", message: { type: "message", text: "Hello" } };
const webhookPath = "/services/T0CANARY/B0CANARY/canary-webhook-secret";

function refusal(error: string, more: Record<string, string> = {}): FakeAnswer {
  return { body: { ok: false, error, ...more } };
}

const ofToken = [
  { title: "a revoked token", answer: refusal("token_revoked"), ending: "auth_revoked" },
  {
    title: "a scope that is missing",
    answer: refusal("missing_scope", { needed: "chat:write" }),
    ending: "permission",
  },
  { title: "an unknown channel", answer: refusal("channel_not_found"), ending: "not_found" },
  { title: "an archived channel", answer: refusal("is_archived"), ending: "conflict" },
  { title: "a limit", answer: refusal("ratelimited"), ending: "rate_limited" },
  { title: "Slack away for the moment", answer: refusal("service_unavailable"), ending: "transient" },
  { title: "a code that nobody knows", answer: refusal("never_seen_before"), ending: "permanent" },
] as const;

export const slackFixture: ConnectorFixture = {
  connector: "slack",
  credentials: [
    { kind: "bearer", credentials: { token: "xoxb-0000000000-canary-token" }, basePath: "/api" },
    {
      kind: "webhookUrl",
      credentials: { webhookUrl: `https://hooks.slack.com${webhookPath}` },
      basePath: webhookPath,
    },
  ],
  actions: [
    {
      action: "postMessage",
      input: () => ({ channel: "C0REVIEWS", text: "Hello" }),
      success: { body: posted },
      errorsIn200: [
        ...ofToken,
        { title: "a failure half-way", answer: refusal("internal_error"), ending: "ambiguous" },
        { title: "a failure half-way, fatal", answer: refusal("fatal_error"), ending: "ambiguous" },
        { title: "text that is empty to Slack", answer: refusal("no_text"), ending: "validation" },
      ],
    },
    {
      action: "postMessage",
      kind: "webhookUrl",
      input: () => ({ text: "Hello" }),
      success: { headers: { "content-type": "text/html" }, body: "ok" },
    },
    {
      action: "updateMessage",
      input: () => ({ channel: "C0REVIEWS", ts: "1503435956.000247", text: "Hello again" }),
      success: { body: { ...posted, text: "Hello again" } },
      errorsIn200: [
        ...ofToken,
        { title: "a failure half-way", answer: refusal("internal_error"), ending: "transient" },
      ],
    },
    {
      action: "addReaction",
      input: () => ({ channel: "C0REVIEWS", ts: "1503435956.000247", name: "eyes" }),
      success: { body: { ok: true } },
      errorsIn200: [
        ...ofToken,
        { title: "one that is there already", answer: refusal("already_reacted"), ending: "ok" },
      ],
    },
    {
      action: "lookupUserByEmail",
      input: () => ({ email: "ann@example.com" }),
      success: { body: { ok: true, user: { id: "U0ANN", name: "ann", profile: { email: "ann@example.com" } } } },
      errorsIn200: [...ofToken, { title: "nobody", answer: refusal("users_not_found"), ending: "not_found" }],
    },
  ],
};
