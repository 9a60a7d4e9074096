// What does the fake Slack remember, and what does each of its methods answer?
import type { Answer, Received } from "../../support/receiver.ts";
import type { FakeSlackOptions } from "./fake-slack.ts";

export type Args = Record<string, unknown>;
export type Reply = Record<string, unknown> & { ok: boolean };
export type FakeMessage = {
  channel: string;
  ts: string;
  via: "token" | "webhook";
  args: Args;
  text: string | undefined;
  blocks: unknown[] | undefined;
  reactions: string[];
  /** How often its content was replaced. */
  updates: number;
};

type Channel = NonNullable<FakeSlackOptions["channels"]>[number];

const defaultChannels: Channel[] = [
  { id: "C0REVIEWS", name: "reviews" },
  { id: "C0SUPPORT", name: "support" },
];
const defaultUsers = [{ id: "U0ANN", email: "ann@example.com", name: "ann" }];

/** The arguments of a call: JSON, a form or a query, as Slack takes them, or the error code for what it does not take. */
export function argumentsOf({ method, path, headers, body }: Received): { args: Args; error?: string } {
  const query = Object.fromEntries(new URLSearchParams(path.split("?")[1] ?? ""));
  if (method === "GET" || body.length === 0) return { args: query };
  const type = headers["content-type"];
  if (type === undefined) return { args: query, error: "missing_post_type" };
  if (type.startsWith("application/x-www-form-urlencoded")) {
    return { args: { ...query, ...Object.fromEntries(new URLSearchParams(body.toString("utf8"))) } };
  }
  if (!type.startsWith("application/json")) return { args: query, error: "invalid_post_type" };
  try {
    const args: unknown = JSON.parse(body.toString("utf8"));
    const isObject = typeof args === "object" && args !== null && !Array.isArray(args);
    return isObject ? { args: { ...query, ...args } } : { args: query, error: "json_not_object" };
  } catch {
    return { args: query, error: "invalid_json" };
  }
}

/** The channels with their messages. */
export class Channels {
  readonly messages: FakeMessage[] = [];
  readonly #channels: Channel[];
  readonly #users: { id: string; email: string; name: string }[];
  readonly #rate: { perMs: number; burst: number } | "none";
  readonly #freeAtMs = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  constructor({
    channels = defaultChannels,
    users = defaultUsers,
    rate = { perMs: 1_000, burst: 3 },
  }: FakeSlackOptions) {
    this.#channels = channels;
    this.#users = users;
    this.#rate = rate;
  }

  api(method: string, args: Args, { headers }: Received): Answer {
    if (method === "chat.postMessage") {
      const channel = this.#channel(args["channel"]);
      const limited = channel === undefined ? undefined : this.#limit(channel.id);
      if (limited !== undefined) return json({ ok: false, error: "ratelimited" }, 429, { "retry-after": `${limited}` });
    }
    const reply = this.#reply(method, args);
    const type = headers["content-type"];
    const lacksCharset = type?.startsWith("application/json") === true && !type.includes("charset");
    const warning = { warning: "missing_charset", response_metadata: { warnings: ["missing_charset"] } };
    return json(reply.ok && lacksCharset ? { ...reply, ...warning } : reply);
  }

  webhook(args: Args, isKnown: boolean): Answer {
    if (!isKnown) return { status: 404, body: "no_service" };
    const limited = this.#limit("webhook");
    if (limited !== undefined) return { status: 429, headers: { "retry-after": `${limited}` }, body: "rate_limited" };
    const [channel] = this.#channels;
    if (channel === undefined) return { status: 404, body: "channel_not_found" };
    if (channel.archived === true) return { status: 410, body: "channel_is_archived" };
    const problem = contentProblem(args);
    if (problem !== undefined) return { status: 400, body: problem.error };
    this.#keep(channel.id, "webhook", args);
    return { headers: { "content-type": "text/html" }, body: "ok" };
  }

  waitForMessages(count: number, timeoutMs = 10_000): Promise<FakeMessage[]> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        settle();
      };
      const check = (): void => {
        if (this.messages.length >= count) end(() => resolve(this.messages));
      };
      const timer = setTimeout(() => {
        const reason = `Slack has ${this.messages.length} of ${count} messages after ${timeoutMs} ms.`;
        end(() => reject(new Error(reason)));
      }, timeoutMs);
      this.#waiting.add(check);
      check();
    });
  }

  #reply(method: string, args: Args): Reply {
    if (method === "auth.test") {
      return {
        ok: true,
        url: "https://fake.slack.com/",
        team: "Fake",
        user: "millrace",
        team_id: "T0FAKE",
        user_id: "U0BOT",
      };
    }
    if (method === "chat.postMessage") return this.#post(args);
    if (method === "chat.update") return this.#update(args);
    if (method === "reactions.add") return this.#react(args);
    const user = this.#users.find(({ email }) => email === args["email"]);
    if (user === undefined) return { ok: false, error: "users_not_found" };
    const profile = { email: user.email, real_name: user.name, display_name: user.name };
    return {
      ok: true,
      user: { id: user.id, team_id: "T0FAKE", name: user.name, deleted: false, is_bot: false, profile },
    };
  }

  #post(args: Args): Reply {
    const channel = this.#channel(args["channel"]);
    if (channel === undefined) return { ok: false, error: "channel_not_found" };
    if (channel.archived === true) return { ok: false, error: "is_archived" };
    if (channel.member === false) return { ok: false, error: "not_in_channel" };
    const problem = contentProblem(args);
    if (problem !== undefined) return problem;
    const { ts, text } = this.#keep(channel.id, "token", args);
    return { ok: true, channel: channel.id, ts, message: { type: "message", bot_id: "B0FAKE", text, ts } };
  }

  #update(args: Args): Reply {
    // Unlike posting, updating takes no names.
    const channel = this.#channels.find(({ id }) => id === args["channel"]);
    if (channel === undefined) return { ok: false, error: "channel_not_found" };
    const message = this.#message(channel.id, args["ts"]);
    if (message === undefined) return { ok: false, error: "message_not_found" };
    if (message.via === "webhook") return { ok: false, error: "cant_update_message" };
    const problem = contentProblem({ text: message.text, ...args });
    if (problem !== undefined) return problem;
    message.text = textOf(args["text"]) ?? message.text;
    message.blocks = listOf(args["blocks"]) ?? message.blocks;
    message.updates += 1;
    return { ok: true, channel: channel.id, ts: message.ts, text: message.text, message: { text: message.text } };
  }

  #react(args: Args): Reply {
    const channel = this.#channels.find(({ id }) => id === args["channel"]);
    if (channel === undefined) return { ok: false, error: "channel_not_found" };
    const message = this.#message(channel.id, args["timestamp"]);
    if (message === undefined) return { ok: false, error: "message_not_found" };
    const name = textOf(args["name"]);
    if (name === undefined || !/^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/.test(name))
      return { ok: false, error: "invalid_name" };
    if (message.reactions.includes(name)) return { ok: false, error: "already_reacted" };
    message.reactions.push(name);
    return { ok: true };
  }

  /** Seconds until there is room again; undefined when there is. */
  #limit(key: string): number | undefined {
    if (this.#rate === "none") return undefined;
    const nowMs = Date.now();
    const freeAtMs = Math.max(this.#freeAtMs.get(key) ?? 0, nowMs);
    const waitMs = freeAtMs - nowMs - (this.#rate.burst - 1) * this.#rate.perMs;
    if (waitMs > 0) return Math.max(1, Math.ceil(waitMs / 1_000));
    this.#freeAtMs.set(key, freeAtMs + this.#rate.perMs);
    return undefined;
  }

  #keep(channel: string, via: FakeMessage["via"], args: Args): FakeMessage {
    const number = this.messages.length + 1;
    const ts = `${Math.floor(Date.now() / 1_000)}.${String(number).padStart(6, "0")}`;
    const content = { text: textOf(args["text"]), blocks: listOf(args["blocks"]) };
    const message: FakeMessage = { channel, ts, via, args, ...content, reactions: [], updates: 0 };
    this.messages.push(message);
    for (const check of this.#waiting) check();
    return message;
  }

  #channel(named: unknown): Channel | undefined {
    return this.#channels.find(({ id, name }) => named === id || named === name || named === `#${name}`);
  }

  #message(channel: string, ts: unknown): FakeMessage | undefined {
    return this.messages.find((message) => message.channel === channel && message.ts === ts);
  }
}

function contentProblem(
  args: Args,
): { ok: false; error: string; response_metadata?: { messages: string[] } } | undefined {
  const blocks = args["blocks"] === undefined ? [] : listOf(args["blocks"]);
  if (blocks === undefined) return { ok: false, error: "invalid_blocks_format" };
  const bad = blocks.findIndex((block) => !hasType(block));
  if (bad >= 0 || blocks.length > 50) {
    const message = bad >= 0 ? `[ERROR] missing required field: type [json-pointer:/blocks/${bad}/type]` : "too many";
    return { ok: false, error: "invalid_blocks", response_metadata: { messages: [message] } };
  }
  const hasContent = (textOf(args["text"]) ?? "").trim() !== "" || blocks.length > 0;
  return hasContent ? undefined : { ok: false, error: "no_text" };
}

function hasType(block: unknown): boolean {
  return typeof block === "object" && block !== null && "type" in block && typeof block.type === "string";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Forms carry lists as JSON text. */
function listOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

function json(body: Reply, status = 200, headers: Record<string, string> = {}): Answer {
  const type = { "content-type": "application/json; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
}
