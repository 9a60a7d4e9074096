// Which faults does every action have to meet, and how must each end? Derived from the action's effect.
import type { Effect } from "../../src/connector/contract.ts";
import type { Answer, Respond } from "../support/receiver.ts";
import type { ActionFixture, ConnectorFixture, Ending, FakeAnswer } from "./fixture.ts";

/** The rows of the matrix. `none` is the answer that the vendor gives when all goes well. */
export const faultNames = [
  "none",
  "400",
  "401 once",
  "401 always",
  "403",
  "404",
  "409",
  "422",
  "429 with seconds",
  "429 with a date",
  "429 bare",
  "500",
  "503 HTML",
  "503 with Retry-After",
  "reset before sending",
  "reset after sending",
  "timeout after sending",
  "truncated JSON",
  "10 MB",
  "redirect to a metadata address",
] as const;
export type FaultName = (typeof faultNames)[number];

/** The moment at which the matrix plays: dates in answers are told from it. */
export const matrixNowMs = Date.UTC(2026, 10, 21, 10, 0, 0);

/** What decides how a row ends, beside the row itself. */
export type Called = {
  effect: Effect;
  /** The connection's token can be renewed. */
  hasToken: boolean;
  /** A refusal is the vendor's word about the connection, so that the step waits for its owner. */
  refusalsCount: boolean;
};

export type Expected = {
  /** `waiting`: for the connection, without using up an attempt. */
  ending: Ending | "waiting";
  requests: number;
  retryAfterMs?: number;
};

/** How a row has to end. An unsafe write is in doubt wherever it may have been applied. */
export function expectedOf(fault: FaultName, called: Called, endings: ActionFixture["endings"] = {}): Expected {
  const rule = endings[fault] ?? endingOf(fault, called);
  const requests = fault === "reset before sending" ? 0 : fault.startsWith("401") && called.hasToken ? 2 : 1;
  const retryAfterMs = retryAfterOf.get(fault);
  return { ending: rule, requests, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

const retryAfterOf: ReadonlyMap<FaultName, number> = new Map([
  ["429 with seconds", 7_000],
  ["429 with a date", 60_000],
  ["503 with Retry-After", 30_000],
]);

const endingByFault: ReadonlyMap<FaultName, Ending> = new Map([
  ["none", "ok"],
  ["400", "validation"],
  ["403", "permission"],
  ["404", "not_found"],
  ["409", "conflict"],
  ["422", "validation"],
  ["429 with seconds", "rate_limited"],
  ["429 with a date", "rate_limited"],
  ["429 bare", "rate_limited"],
  ["503 with Retry-After", "transient"],
  ["reset before sending", "network"],
  ["redirect to a metadata address", "permanent"],
]);

/** What is not known to have been refused, by the class that it has where repeating does no harm. */
const inDoubt: ReadonlyMap<FaultName, Ending> = new Map([
  ["500", "transient"],
  ["503 HTML", "transient"],
  ["reset after sending", "network"],
  ["timeout after sending", "timeout"],
  ["truncated JSON", "transient"],
  ["10 MB", "limit"],
]);

function endingOf(fault: FaultName, { effect, hasToken, refusalsCount }: Called): Expected["ending"] {
  const doubtful = inDoubt.get(fault);
  if (doubtful !== undefined) return effect === "unsafe-write" ? "ambiguous" : doubtful;
  if (fault === "401 once" && hasToken) return "ok";
  if (fault === "401 once" || fault === "401 always") return refusalsCount ? "waiting" : "auth_revoked";
  const ending = endingByFault.get(fault);
  if (ending === undefined) throw new TypeError(`The row "${fault}" says nowhere how it ends.`);
  return ending;
}

/** How the fake answers in a row. Its errors show what the request carried, as careless receivers do. */
export function respondWith(fault: FaultName, action: ActionFixture, errors: ConnectorFixture["errors"] = {}): Respond {
  return ({ headers, path }, index) => {
    const echo = { echo: [path, ...Object.values(headers).map(String)] };
    const error = (status: number, more: Record<string, string> = {}): Answer => {
      const worded: FakeAnswer = errors[status] ?? { status, body: echo };
      const shown = { "x-echo": String(headers.authorization ?? headers["x-api-key"] ?? "") };
      return answerOf({ ...worded, headers: { ...worded.headers, ...shown, ...more } });
    };
    switch (fault) {
      case "none":
      case "reset before sending":
        return answerOf(action.success);
      case "401 once":
        return index === 0 ? error(401) : answerOf(action.success);
      case "401 always":
        return error(401);
      case "429 with seconds":
        return error(429, { "retry-after": "7" });
      case "429 with a date":
        return error(429, { "retry-after": new Date(matrixNowMs + 60_000).toUTCString() });
      case "429 bare":
        return error(429);
      case "503 HTML":
        return { status: 503, headers: { "content-type": "text/html" }, body: "<html>Service Unavailable</html>" };
      case "503 with Retry-After":
        return { status: 503, headers: { "retry-after": "30" }, body: "Later." };
      case "reset after sending":
        return "reset";
      case "timeout after sending":
        return "hang";
      case "truncated JSON":
        return { headers: json, body: '{"ok":true,"id":"7","na' };
      case "10 MB":
        return { headers: json, body: `{"ok":true,"id":"7","padding":"${"x".repeat(10 * 1024 * 1024)}"}` };
      case "redirect to a metadata address":
        return { status: 302, headers: { location: "http://169.254.169.254/latest/meta-data/" } };
      default:
        return error(Number(fault));
    }
  };
}

const json = { "content-type": "application/json" };

export function answerOf({ status = 200, headers = {}, body = "" }: FakeAnswer): Exclude<Answer, string> {
  return { status, headers: { ...json, ...headers }, body: typeof body === "string" ? body : JSON.stringify(body) };
}
