// The Slack connector against a Slack on loopback: what it does there, and what it says when it cannot.
import { startReceiver } from "../../support/receiver.ts";
import { checkConnection, perform, requestOf, tokenConnection, webhookConnection } from "./call-slack.ts";
import { startFakeSlack } from "./fake-slack.ts";

const ts = "1503435956.000247";

describe("with a token", () => {
  test("a message is posted, replied to, updated and reacted to, each by what posting it answered", async () => {
    await using slack = await startFakeSlack();
    const connection = tokenConnection(slack);
    const posted = await perform("postMessage", { channel: "#reviews", text: "2 stars" }, connection);
    const [message] = slack.messages;
    expect(posted).toEqual({ ok: true, output: { ok: true, channel: "C0REVIEWS", ts: message?.ts } });
    const place = { channel: "C0REVIEWS", ts: message?.ts ?? "" };
    const reply = { channel: place.channel, text: "More", threadTs: place.ts, replyBroadcast: true };
    expect(await perform("postMessage", reply, connection)).toMatchObject({ ok: true });
    expect(await perform("updateMessage", { ...place, text: "Done" }, connection)).toEqual({
      ok: true,
      output: { ok: true, ...place },
    });
    expect(await perform("addReaction", { ...place, name: ":eyes:" }, connection)).toMatchObject({ ok: true });
    expect(slack.messages).toMatchObject([
      { text: "Done", updates: 1, reactions: ["eyes"] },
      { text: "More", args: { thread_ts: place.ts, reply_broadcast: true } },
    ]);
  });

  test("text arrives as it stands, whatever the script and the control characters", async () => {
    await using slack = await startFakeSlack();
    const text = '日本語 \u{1f469}\u200d\u{1f680} "<!channel>" & \\n\n```x```';
    await perform("postMessage", { channel: "C0REVIEWS", text }, tokenConnection(slack));
    expect(slack.messages).toMatchObject([{ text }]);
    expect(slack.calls[0]?.received.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  test("a reaction that is there already is a success that says so", async () => {
    await using slack = await startFakeSlack();
    const connection = tokenConnection(slack);
    await perform("postMessage", { channel: "C0REVIEWS", text: "a" }, connection);
    const input = { channel: "C0REVIEWS", ts: slack.messages[0]?.ts ?? "", name: "eyes" };
    const answers = [await perform("addReaction", input, connection), await perform("addReaction", input, connection)];
    expect(answers).toEqual([
      { ok: true, output: { ok: true, added: true } },
      { ok: true, output: { ok: true, added: false } },
    ]);
  });

  test("a user is found by the e-mail address, also one with a plus sign", async () => {
    await using slack = await startFakeSlack({ users: [{ id: "U0ANN", email: "ann+a&b=c@example.com", name: "ann" }] });
    const connection = tokenConnection(slack);
    expect(await perform("lookupUserByEmail", { email: "ann+a&b=c@example.com" }, connection)).toEqual({
      ok: true,
      output: {
        ok: true,
        id: "U0ANN",
        teamId: "T0FAKE",
        name: "ann",
        realName: "ann",
        displayName: "ann",
        email: "ann+a&b=c@example.com",
        deleted: false,
        isBot: false,
      },
    });
    expect(await perform("lookupUserByEmail", { email: "bob@example.com" }, connection)).toMatchObject({
      ok: false,
      failure: { class: "not_found", code: "users_not_found" },
    });
  });

  test.each([
    ["postMessage", { channel: "C0GONE", text: "a" }, "not_found", "channel_not_found"],
    ["postMessage", { channel: "C0OLD", text: "a" }, "conflict", "is_archived"],
    ["postMessage", { channel: "C0PRIVATE", text: "a" }, "permission", "not_in_channel"],
    ["postMessage", { channel: "C0REVIEWS", text: "  " }, "validation", "no_text"],
    ["updateMessage", { channel: "C0REVIEWS", ts, text: "a" }, "not_found", "message_not_found"],
    ["addReaction", { channel: "C0REVIEWS", ts, name: "eyes" }, "not_found", "message_not_found"],
  ])("%s of %j fails with class %s", async (action, input, failureClass, code) => {
    await using slack = await startFakeSlack({
      channels: [
        { id: "C0REVIEWS", name: "reviews" },
        { id: "C0OLD", name: "old", archived: true },
        { id: "C0PRIVATE", name: "private", member: false },
      ],
    });
    expect(await perform(action, input, tokenConnection(slack))).toMatchObject({
      ok: false,
      failure: { class: failureClass, code },
    });
    expect(slack.messages).toEqual([]);
  });

  test.each(["updateMessage", "addReaction"])(
    "%s of a channel's name is refused before anything is sent",
    async (id) => {
      await using slack = await startFakeSlack();
      const input = { channel: "#reviews", ts, ...(id === "addReaction" ? { name: "eyes" } : { text: "a" }) };
      expect(await perform(id, input, tokenConnection(slack))).toMatchObject({
        ok: false,
        failure: { class: "validation", message: expect.stringContaining("Give the channel's ID") },
      });
      expect(slack.calls).toEqual([]);
    },
  );

  test("a refused token, a scope that is missing and blocks that are wrong say what to do", async () => {
    await using slack = await startFakeSlack({ scopes: ["users:read.email"] });
    const old = tokenConnection(slack);
    const input = { channel: "C0REVIEWS", text: "a" };
    expect(await perform("postMessage", input, old)).toMatchObject({
      failure: {
        class: "permission",
        message: expect.stringContaining("The scope that is needed: chat:write. The token has: users:read.email."),
      },
    });
    slack.changeToken("xoxb-0000000000-other");
    expect(await perform("postMessage", input, old)).toMatchObject({
      failure: { class: "auth_revoked", code: "invalid_auth", message: expect.stringContaining("a new token") },
    });
    await using open = await startFakeSlack();
    open.setFault(() => ({
      answer: {
        headers: { "content-type": "application/json" },
        body: '{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] no such type [json-pointer:/blocks/0/type]"]}}',
      },
    }));
    const blocks = { channel: "C0REVIEWS", blocks: [{ type: "unheard-of" }] };
    expect(await perform("postMessage", blocks, tokenConnection(open))).toMatchObject({
      failure: { class: "validation", message: expect.stringContaining("[json-pointer:/blocks/0/type]") },
    });
  });

  test("a message without a channel is refused before anything is sent", async () => {
    await using slack = await startFakeSlack();
    expect(await perform("postMessage", { text: "a" }, tokenConnection(slack))).toMatchObject({
      ok: false,
      failure: { class: "validation", code: "channel_required" },
    });
    expect(slack.calls).toEqual([]);
  });

  test("a message of 40,000 characters whose answer repeats it is known to be posted", async () => {
    await using slack = await startFakeSlack();
    slack.setFault(() => ({
      applied: true,
      answer: {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ok: true, channel: "C0REVIEWS", ts, message: { text: "é".repeat(200_000) } }),
      },
    }));
    const input = { channel: "C0REVIEWS", text: "é".repeat(40_000) };
    expect(await perform("postMessage", input, tokenConnection(slack))).toMatchObject({ ok: true, output: { ts } });
  });

  test("what Slack warns about is part of the output", async () => {
    await using slack = await startFakeSlack();
    slack.setFault(() => ({
      answer: {
        body: `{"ok":true,"channel":"C1","ts":"${ts}","response_metadata":{"warnings":["message_truncated"]}}`,
      },
    }));
    expect(await perform("postMessage", { channel: "C1", text: "a" }, tokenConnection(slack))).toMatchObject({
      ok: true,
      output: { warnings: ["message_truncated"] },
    });
  });
});

describe("with an incoming webhook", () => {
  test("text and blocks are posted to the webhook's channel, without a token", async () => {
    await using slack = await startFakeSlack();
    const input = { text: "2 stars", blocks: [{ type: "divider" }] };
    expect(await perform("postMessage", input, webhookConnection(slack))).toEqual({ ok: true, output: { ok: true } });
    expect(slack.messages).toMatchObject([{ via: "webhook", channel: "C0REVIEWS", args: input }]);
    expect(slack.calls).toMatchObject([{ method: "webhook", token: undefined }]);
  });

  test.each([
    ["channel", "#reviews"],
    ["threadTs", ts],
    ["username", "Reviews"],
    ["unfurlLinks", false],
  ])("%s is refused before anything is sent", async (name, value) => {
    await using slack = await startFakeSlack();
    const answer = await perform("postMessage", { text: "a", [name]: value }, webhookConnection(slack));
    expect(answer).toMatchObject({
      ok: false,
      failure: {
        class: "validation",
        code: "webhook_input",
        message: expect.stringContaining(`/${name} must be left out`),
      },
    });
    expect(slack.calls).toEqual([]);
  });

  test("one that was removed asks for a new URL, and the failure does not hold the old one", async () => {
    await using slack = await startFakeSlack();
    slack.removeWebhook();
    const answer = await perform("postMessage", { text: "a" }, webhookConnection(slack));
    expect(answer).toMatchObject({ ok: false, failure: { class: "auth_revoked", code: "no_service", status: 404 } });
    expect(JSON.stringify(answer)).not.toContain("webhook-secret");
  });
});

describe("the test of a connection", () => {
  test("says whose token it is, or that it is refused", async () => {
    await using slack = await startFakeSlack();
    const connection = tokenConnection(slack);
    expect(await checkConnection(connection)).toEqual({ ok: true, detail: "Signed in to Fake as millrace." });
    slack.changeToken("xoxb-0000000000-other");
    expect(await checkConnection(connection)).toMatchObject({ ok: false, failure: { class: "auth_revoked" } });
  });

  test("says whether a webhook is in service, and posts nothing", async () => {
    await using slack = await startFakeSlack();
    const connection = webhookConnection(slack);
    expect(await checkConnection(connection)).toMatchObject({ ok: true });
    slack.removeWebhook();
    expect(await checkConnection(connection)).toMatchObject({ ok: false, failure: { code: "no_service" } });
    expect(slack.messages).toEqual([]);
  });

  test("takes no other server for Slack", async () => {
    await using other = await startReceiver();
    const peer = { apiUrl: `${other.url}/api`, webhookUrl: `${other.url}/services/a/b/c`, token: "xoxb-0000000000-x" };
    for (const connection of [tokenConnection(peer), webhookConnection(peer)]) {
      expect(await checkConnection(connection)).toMatchObject({ ok: false });
    }
  });
});

test("another API address is used with or without its last slash, and without one it is slack.com", () => {
  const peer = { token: "xoxb-0000000000-x", webhookUrl: "" };
  const urls = ["https://slack-gov.com/api", "https://slack-gov.com/api/"].map(
    (apiUrl) => requestOf("postMessage", { channel: "C1", text: "a" }, tokenConnection({ ...peer, apiUrl })).url,
  );
  expect(urls).toEqual(["https://slack-gov.com/api/chat.postMessage", "https://slack-gov.com/api/chat.postMessage"]);
  const { baseUrl: _, ...plain } = tokenConnection({ ...peer, apiUrl: "" });
  const { url, headers } = requestOf("postMessage", { channel: "C1", text: "a" }, plain);
  expect(url).toBe("https://slack.com/api/chat.postMessage");
  expect(headers["authorization"]).toBe("Bearer xoxb-0000000000-x");
});
