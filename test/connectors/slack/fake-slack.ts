// A Slack on loopback: the methods that the connector calls, incoming webhooks, limits, and faults on demand.
import { startReceiver } from "../../support/receiver.ts";
import type { Answer, Received } from "../../support/receiver.ts";
import { argumentsOf, Channels } from "./fake-slack-state.ts";
import type { Args, FakeMessage, Reply } from "./fake-slack-state.ts";

export type { FakeMessage } from "./fake-slack-state.ts";

export type SlackCall = {
  /** `chat.postMessage`, or `webhook`. */
  method: string;
  args: Args;
  /** Undefined without one. */
  token: string | undefined;
  received: Received;
};

/** What goes wrong with a request. `applied`: Slack has done it, and the sender does not hear so. */
export type SlackFault = { answer: Answer; applied?: boolean };

export type FakeSlackOptions = {
  token?: string;
  /** What the token may do; everything that the connector needs unless given. */
  scopes?: string[];
  /** How often a channel or a webhook takes a message: one in `perMs`, `burst` at once; 1 s and 3 unless given. */
  rate?: { perMs: number; burst: number } | "none";
  channels?: { id: string; name: string; archived?: boolean; member?: boolean }[];
  users?: { id: string; email: string; name: string }[];
  /** Asked before each call, with its number from 0; undefined: nothing goes wrong. */
  fault?: (call: SlackCall, index: number) => SlackFault | undefined;
};

export type FakeSlack = {
  /** For a connection with a token. */
  apiUrl: string;
  token: string;
  /** For a connection with a webhook, which posts to the first channel. */
  webhookUrl: string;
  calls: SlackCall[];
  /** How many calls there were, by method. */
  counts: () => Record<string, number>;
  /** All that were posted, oldest first, as they are now. */
  messages: FakeMessage[];
  /** From now on another token is accepted instead. */
  changeToken: (token: string) => void;
  /** Takes the webhook out of service. */
  removeWebhook: () => void;
  setFault: (fault: FakeSlackOptions["fault"]) => void;
  /** Resolves with the messages once there are at least this many; rejects after `timeoutMs` (10 s). */
  waitForMessages: (count: number, timeoutMs?: number) => Promise<FakeMessage[]>;
  [Symbol.asyncDispose]: () => Promise<void>;
};

const scopeByMethod: Record<string, string | undefined> = {
  "auth.test": undefined,
  "chat.postMessage": "chat:write",
  "chat.update": "chat:write",
  "reactions.add": "reactions:write",
  "users.lookupByEmail": "users:read.email",
};
const webhookPath = "/services/T0FAKE/B0FAKE/webhook-secret-of-the-fake";

/** Starts a Slack that knows the channels `#reviews` (C0REVIEWS) and `#support` (C0SUPPORT) and the user Ann. */
export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const receiver = await startReceiver();
  const state = new Channels(options);
  const calls: SlackCall[] = [];
  let token = options.token ?? "xoxb-0000000000-fake-token";
  let hasWebhook = true;
  let fault = options.fault;

  const refusalOf = (call: SlackCall): Reply | undefined => {
    if (call.token === undefined) return { ok: false, error: "not_authed" };
    if (call.token !== token) return { ok: false, error: "invalid_auth" };
    const needed = scopeByMethod[call.method];
    if (needed === undefined || options.scopes === undefined || options.scopes.includes(needed)) return undefined;
    return { ok: false, error: "missing_scope", needed, provided: options.scopes.join(",") };
  };
  const answerTo = (call: SlackCall): Answer => {
    if (call.method === "webhook") {
      const isKnown = hasWebhook && call.received.path === webhookPath;
      if (isKnown && argumentsOf(call.received).error !== undefined) return { status: 400, body: "invalid_payload" };
      return state.webhook(call.args, isKnown);
    }
    if (!(call.method in scopeByMethod)) return asJson({ ok: false, error: "unknown_method" });
    const refusal = argumentsProblem(call) ?? refusalOf(call);
    return refusal ? asJson(refusal) : state.api(call.method, call.args, call.received);
  };
  receiver.respond((received) => {
    const call = callOf(received);
    const index = calls.push(call) - 1;
    const failing = fault?.(call, index);
    if (failing !== undefined && failing.applied !== true) return failing.answer;
    // Done first, whatever is answered then.
    const answer = answerTo(call);
    return failing?.answer ?? answer;
  });

  return {
    apiUrl: `${receiver.url}/api`,
    webhookUrl: `${receiver.url}${webhookPath}`,
    get token() {
      return token;
    },
    calls,
    messages: state.messages,
    counts() {
      const counts: Record<string, number> = {};
      for (const { method } of calls) counts[method] = (counts[method] ?? 0) + 1;
      return counts;
    },
    changeToken(next) {
      token = next;
    },
    removeWebhook() {
      hasWebhook = false;
    },
    setFault(next) {
      fault = next;
    },
    waitForMessages: (count, timeoutMs) => state.waitForMessages(count, timeoutMs),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}

function callOf(received: Received): SlackCall {
  const [path = ""] = received.path.split("?");
  const method = path.startsWith("/api/") ? path.slice("/api/".length) : "webhook";
  const token = /^Bearer (\S+)$/.exec(received.headers.authorization ?? "")?.[1];
  return { method, args: argumentsOf(received).args, token, received };
}

function argumentsProblem({ method, received }: SlackCall): Reply | undefined {
  // Methods that only read take no JSON: their arguments would not be seen.
  const takesNoJson = method === "users.lookupByEmail" && received.method === "POST";
  const { error } = argumentsOf(received);
  if (takesNoJson && received.headers["content-type"]?.includes("json"))
    return { ok: false, error: "invalid_arguments" };
  return error === undefined ? undefined : { ok: false, error };
}

function asJson(body: Reply): Answer {
  return { headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body) };
}
