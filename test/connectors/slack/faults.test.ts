// What becomes of Slack's limits, and of messages that nobody knows about?
import { perform, performed, tokenConnection, webhookConnection } from "./call-slack.ts";
import { startFakeSlack } from "./fake-slack.ts";

describe("limits", () => {
  test.each(["token", "webhook"])(
    "beyond the burst, a %s's message is refused until the time that Slack names",
    async (via) => {
      await using slack = await startFakeSlack({ rate: { perMs: 60_000, burst: 2 } });
      const connection = via === "token" ? tokenConnection(slack) : webhookConnection(slack);
      const input = { text: "a", ...(via === "token" ? { channel: "C0REVIEWS" } : {}) };
      const answers = [];
      for (let i = 0; i < 3; i++) answers.push(await perform("postMessage", input, connection));
      expect(answers).toMatchObject([
        { ok: true },
        { ok: true },
        { ok: false, failure: { class: "rate_limited" }, retryAfterMs: 60_000 },
      ]);
      expect(slack.messages).toHaveLength(2);
    },
  );

  test("one channel that is full does not hold up another", async () => {
    await using slack = await startFakeSlack({ rate: { perMs: 60_000, burst: 1 } });
    const connection = tokenConnection(slack);
    for (const channel of ["C0REVIEWS", "C0SUPPORT"]) {
      expect(await perform("postMessage", { channel, text: "a" }, connection)).toMatchObject({ ok: true });
    }
  });
});

describe("doubt", () => {
  test("a message that Slack took and did not confirm is ambiguous, and the failure says where to look", async () => {
    await using slack = await startFakeSlack({
      fault: () => ({ applied: true, answer: { status: 502, body: "<html>" } }),
    });
    expect(await perform("postMessage", { channel: "#reviews", text: "a" }, tokenConnection(slack))).toMatchObject({
      ok: false,
      failure: { class: "ambiguous", message: expect.stringContaining("is it in #reviews?") },
    });
    expect(slack.messages).toHaveLength(1);
  });

  test.each(["reset", "hang"] as const)("so is one whose connection ends by %s after it was sent", async (answer) => {
    await using slack = await startFakeSlack({ fault: () => ({ applied: true, answer }) });
    expect(await perform("postMessage", { text: "a" }, webhookConnection(slack))).toMatchObject({
      ok: false,
      failure: { class: "ambiguous" },
    });
    expect(slack.messages).toHaveLength(1);
  });

  test("an update that Slack took and did not confirm may simply be repeated", async () => {
    await using slack = await startFakeSlack();
    const connection = tokenConnection(slack);
    await perform("postMessage", { channel: "C0REVIEWS", text: "a" }, connection);
    slack.setFault((_, index) => (index === 1 ? { applied: true, answer: "reset" } : undefined));
    const input = { channel: "C0REVIEWS", ts: slack.messages[0]?.ts ?? "", text: "b" };
    expect(await perform("updateMessage", input, connection)).toMatchObject({ failure: { class: "network" } });
    expect(await perform("updateMessage", input, connection)).toMatchObject({ ok: true });
    expect(slack.messages).toMatchObject([{ text: "b", updates: 2 }]);
  });
});

test.each(["token", "webhook"])("a %s that is echoed stands in nothing that is recorded", async (kind) => {
  await using slack = await startFakeSlack();
  const { token, webhookUrl } = slack;
  const [, path = ""] = webhookUrl.split("/services");
  slack.setFault(({ received }) => ({
    answer: { status: 400, body: JSON.stringify({ ok: false, error: `${token} ${webhookUrl} ${received.path}` }) },
  }));
  const connection = kind === "token" ? tokenConnection(slack) : webhookConnection(slack);
  const input = { text: "a", ...(kind === "token" ? { channel: "C0REVIEWS" } : {}) };
  const recorded = JSON.stringify(await performed("postMessage", input, connection));
  expect(recorded).toContain("[redacted]");
  expect(recorded).not.toContain(kind === "token" ? token : path);
});
