// Does the connector call Slack as Slack's own client does? Both call the same fake, and the calls are compared.
import { LogLevel, WebClient } from "@slack/web-api";
import { slack } from "../../../connectors/slack/index.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { checkConnection, perform, tokenConnection } from "./call-slack.ts";
import { startFakeSlack } from "./fake-slack.ts";
import type { FakeSlack, SlackCall } from "./fake-slack.ts";

const ts = "1503435956.000247";
const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*2 stars* from Ann & Bob" } }];

/** The same call for both. The client's types are wider than its documentation: only its own names are used here. */
type Case = { action: string; input: JsonObject; call: (client: WebClient) => Promise<unknown> };

const cases: Case[] = [
  {
    action: "postMessage",
    input: { channel: "C0REVIEWS", text: "2 stars <!channel> & more ✓" },
    call: ({ chat }) => chat.postMessage({ channel: "C0REVIEWS", text: "2 stars <!channel> & more ✓" }),
  },
  {
    action: "postMessage",
    input: {
      channel: "#reviews",
      text: "2 stars",
      blocks,
      threadTs: ts,
      replyBroadcast: true,
      unfurlLinks: false,
      unfurlMedia: true,
      mrkdwn: false,
      username: "Reviews",
      iconEmoji: ":star:",
    },
    call: ({ chat }) =>
      chat.postMessage({
        channel: "#reviews",
        text: "2 stars",
        blocks,
        thread_ts: ts,
        reply_broadcast: true,
        unfurl_links: false,
        unfurl_media: true,
        mrkdwn: false,
        username: "Reviews",
        icon_emoji: ":star:",
      }),
  },
  {
    action: "postMessage",
    input: { channel: "C0REVIEWS", text: "a", iconUrl: "https://example.com/a.png" },
    call: ({ chat }) => chat.postMessage({ channel: "C0REVIEWS", text: "a", icon_url: "https://example.com/a.png" }),
  },
  {
    action: "updateMessage",
    input: { channel: "C0REVIEWS", ts, text: "Done", blocks: [] },
    call: ({ chat }) => chat.update({ channel: "C0REVIEWS", ts, text: "Done", blocks: [] }),
  },
  {
    action: "addReaction",
    input: { channel: "C0REVIEWS", ts, name: "thumbsup::skin-tone-3" },
    call: ({ reactions }) => reactions.add({ channel: "C0REVIEWS", timestamp: ts, name: "thumbsup::skin-tone-3" }),
  },
  {
    action: "lookupUserByEmail",
    input: { email: "ann+slack@example.com" },
    call: ({ users }) => users.lookupByEmail({ email: "ann+slack@example.com" }),
  },
];

function clientOf({ apiUrl, token }: FakeSlack): WebClient {
  return new WebClient(token, {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });
}

/** What a call says, whatever the form: forms carry everything as text, lists as JSON text. */
function meaningOf(call: SlackCall | undefined): unknown {
  const args = Object.entries(call?.args ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { method: call?.method, args: Object.fromEntries(args), authorization: call?.received.headers.authorization };
}

test.each(cases)("$action of $input", async ({ action, input, call }) => {
  await using fake = await startFakeSlack();
  await perform(action, input, tokenConnection(fake));
  // What the fake answers is not the question here: there is no such message.
  await call(clientOf(fake)).catch(() => undefined);
  const [ours, theirs] = fake.calls;
  expect(fake.calls).toHaveLength(2);
  expect(ours?.token).toBe(fake.token);
  expect(meaningOf(ours)).toEqual(meaningOf(theirs));
});

test("the test of a connection", async () => {
  await using fake = await startFakeSlack();
  await checkConnection(tokenConnection(fake));
  await clientOf(fake).auth.test();
  expect(fake.calls).toHaveLength(2);
  expect(meaningOf(fake.calls[0])).toEqual(meaningOf(fake.calls[1]));
});

test("no action is left out", () => {
  expect(new Set(cases.map(({ action }) => action))).toEqual(new Set(slack.actions.map(({ id }) => id)));
});

test("Slack's client takes the fake for a Slack: it reads its answers and its refusals", async () => {
  await using fake = await startFakeSlack({ rate: { perMs: 60_000, burst: 1 } });
  const client = clientOf(fake);
  const posted = await client.chat.postMessage({ channel: "#reviews", text: "a" });
  expect(posted).toMatchObject({ ok: true, channel: "C0REVIEWS", ts: fake.messages[0]?.ts });
  await expect(client.chat.postMessage({ channel: "#reviews", text: "b" })).rejects.toMatchObject({ retryAfter: 60 });
  await expect(client.users.lookupByEmail({ email: "nobody@example.com" })).rejects.toMatchObject({
    data: { ok: false, error: "users_not_found" },
  });
  expect(await client.users.lookupByEmail({ email: "ann@example.com" })).toMatchObject({ user: { id: "U0ANN" } });
});
