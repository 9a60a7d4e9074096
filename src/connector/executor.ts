// How does an action reach the world? Check the input, build, send, classify, redact: the only caller of the HTTP client.
import { failureOfResult } from "../delivery/classify.ts";
import type { HttpAnswer, HttpClient, HttpError, HttpResult } from "../delivery/http.ts";
import { parseRetryAfter } from "../delivery/retry-after.ts";
import type { Attempt, Phases } from "../model/attempt.ts";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { createRedactor, redactHeaders, redactJson } from "../vault/redact.ts";
import type { Redact } from "../vault/redact.ts";
import { actionsByUse } from "./contract.ts";
import type { Action, ActionCall, ActionRequest, Answered, Connector } from "./contract.ts";
import { compileInput } from "./input.ts";
import type { InputCheck } from "./input.ts";

export type PerformInput = {
  /** `webhook.post` */
  use: string;
  /** Rendered: holds no template any more. */
  input: Json;
  call: ActionCall;
  /** Of the whole attempt. */
  timeoutMs: number;
  signal?: AbortSignal;
};

/** One attempt as it went, ready to be recorded: secrets are replaced everywhere. */
export type Performed = {
  outcome: { ok: true; output: Json } | { ok: false; failure: Failure; retryAfterMs?: number };
  startedAt: Date;
  durationMs: number;
  phases: Phases;
  /** Absent when nothing could be built. */
  request?: NonNullable<Attempt["request"]>;
  /** Absent when no answer came. */
  response?: NonNullable<Attempt["response"]>;
};

export type Executor = { perform: (input: PerformInput) => Promise<Performed> };

export type ExecutorDeps = {
  http: Pick<HttpClient, "send">;
  connectors: readonly Connector[];
  /** Wall clock, in milliseconds. */
  nowMs: () => number;
};

type Ready = { action: Action; check: InputCheck };

/** How receivers' logs name us, unless the request says otherwise. */
const userAgent = "Millrace";
/** Recorded bodies are cut here, so that many attempts of one step still fit into one document. */
const recordedCharsMax = 64 * 1024;

/** The executor over the given connectors; their input schemas are compiled here, once. Never rejects for the network. */
export function createExecutor({ http, connectors, nowMs }: ExecutorDeps): Executor {
  const readyByUse = new Map<string, Ready>();
  for (const [use, action] of actionsByUse(connectors)) readyByUse.set(use, { action, check: compileInput(action) });
  return {
    async perform({ use, input, call, timeoutMs, signal }) {
      const startedAt = new Date(nowMs());
      const redact = redactorFor(call.secrets);
      const ready = readyByUse.get(use);
      if (ready === undefined) return unsent(startedAt, unknownAction(use), redact);
      const checked = ready.check(input);
      if (!checked.ok) return unsent(startedAt, checked.failure, redact);
      const built = ready.action.request(checked.input, call);
      if (!built.ok) return unsent(startedAt, built.failure, redact);
      const request = withUserAgent(built.request);
      const result = await http.send({ ...request, timeoutMs, ...(signal === undefined ? {} : { signal }) });
      return {
        outcome: outcomeOf(ready.action, checked.input, result, nowMs(), redact),
        startedAt,
        durationMs: result.phases.total,
        phases: result.phases,
        request: recordedRequest(request, redact),
        ...(result.ok ? { response: recordedResponse(result, redact) } : {}),
      };
    },
  };
}

function outcomeOf(
  action: Action,
  input: JsonObject,
  result: HttpResult,
  nowMs: number,
  redact: Redact,
): Performed["outcome"] {
  const answered: Answered = result.ok
    ? action.response(result, input)
    : { ok: false, failure: failureOf(action, result) };
  // Receivers can echo what they were sent; the output goes into Temporal's history.
  if (answered.ok) return { ok: true, output: redactJson(answered.output, redact) };
  const retryAfterMs = result.ok ? parseRetryAfter(result.headers["retry-after"], nowMs) : undefined;
  const failure = redactFailure(answered.failure, redact);
  return retryAfterMs === undefined ? { ok: false, failure } : { ok: false, failure, retryAfterMs };
}

/** A write that may have happened, and that would happen twice, is not for a retry policy to decide about. */
function failureOf(action: Action, result: HttpError): Failure {
  const failure = failureOfResult(result) ?? { class: "internal", code: result.code, message: result.message };
  const isAmbiguous = action.effect === "unsafe-write" && result.requestSent && failure.class !== "cancelled";
  return isAmbiguous ? { ...failure, class: "ambiguous" } : failure;
}

function redactorFor(secrets: readonly string[]): Redact {
  // The part behind `whsec_` is the secret itself; a receiver may show it without its prefix.
  return createRedactor(secrets.flatMap((secret) => [secret, secret.replace(/^wh[a-z]{2,3}_/, "")]));
}

function unknownAction(use: string): Failure {
  return { class: "validation", code: "unknown_action", message: `There is no action "${use}".` };
}

function unsent(startedAt: Date, failure: Failure, redact: Redact): Performed {
  return {
    outcome: { ok: false, failure: redactFailure(failure, redact) },
    startedAt,
    durationMs: 0,
    phases: { total: 0 },
  };
}

function redactFailure(failure: Failure, redact: Redact): Failure {
  return { ...failure, message: redact(failure.message) };
}

function withUserAgent(request: ActionRequest): ActionRequest {
  const names = Object.keys(request.headers);
  if (names.some((name) => name.toLowerCase() === "user-agent")) return request;
  return { ...request, headers: { ...request.headers, "user-agent": userAgent } };
}

function recordedRequest(request: ActionRequest, redact: Redact): NonNullable<Attempt["request"]> {
  return {
    method: request.method,
    // A password in the URL is refused, but the refused attempt is recorded too.
    url: redact(request.url).replace(/^([^/?#]*\/\/)[^/?#]*@/, "$1[redacted]@"),
    headers: redactHeaders(request.headers, redact),
    body: cut(redact(request.body?.toString() ?? "")),
  };
}

function recordedResponse(answer: HttpAnswer, redact: Redact): NonNullable<Attempt["response"]> {
  return {
    status: answer.status,
    headers: redactHeaders(answer.headers, redact),
    body: redact(answer.body.toString("utf8")),
    truncated: answer.truncated,
  };
}

function cut(body: string): string {
  if (body.length <= recordedCharsMax) return body;
  return `${body.slice(0, recordedCharsMax)}… (${body.length} characters in all)`;
}
