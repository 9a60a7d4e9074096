// How does an action reach the world? Check, open the connection, wait for the turn, send, classify, redact: the only
// caller of the HTTP client.
import type { HttpClient } from "../delivery/http.ts";
import type { Failure } from "../model/failure.ts";
import type { Json } from "../model/json.ts";
import type { BlobStore } from "../store/blobs.ts";
import type { Answered, Connector } from "./contract.ts";
import type { Limiter } from "./limiter.ts";
import type { Connections } from "./open-connection.ts";
import { outputOf } from "./outcome.ts";
import { readerOf, readPages } from "./pages.ts";
import type { Executor, Looked, Outcome, Performed, PerformInput, Waiting } from "./perform.ts";
import { createPrepare, type Prepared, type Ready } from "./prepare.ts";
import { reconcileWith } from "./reconcile.ts";
import { createGrowingRedactor, recordedRequest, recordedResponse, redactFailure, type Redactor } from "./record.ts";
import { sendWithCredentials, timesOf, type Sent, type Session } from "./send.ts";
import { awaitTurn, limitedOf, tellOthers, type Turn } from "./turn.ts";

export type { ActionFacts, Executor, Looked, Performed, PerformInput, Waiting } from "./perform.ts";

export type ExecutorDeps = {
  http: Pick<HttpClient, "send">;
  connectors: readonly Connector[];
  connections: Connections;
  limiter: Limiter;
  blobs: Pick<BlobStore, "put" | "find">;
  /** Wall clock, in milliseconds. */
  nowMs: () => number;
};

/** The executor over the given connectors; their input schemas are compiled here, once. */
export function createExecutor(deps: ExecutorDeps): Executor {
  const prepare = createPrepare(deps);

  const enter = async (given: PerformInput): Promise<Entered> => {
    const startedAt = new Date(deps.nowMs());
    const redactor = createGrowingRedactor(given.tenantSecrets);
    const prepared = await prepare.prepare(given, redactor);
    return { given, startedAt, redactor, prepared };
  };

  return {
    factsOf(use) {
      const known = prepare.find(use);
      if (known === undefined) return undefined;
      const { effect, reconcile, title } = known.action;
      return { effect, canReconcile: reconcile !== undefined, system: known.connector.title, title };
    },
    async perform(given) {
      const entered = await enter(given);
      const { prepared } = entered;
      if (prepared.ok) return carryOut(deps, entered, prepared);
      return "paused" in prepared ? paused(entered, prepared.paused) : unsent(entered, prepared.failure);
    },
    async reconcile(given) {
      const entered = await enter(given);
      const { prepared } = entered;
      if (prepared.ok) return look(deps, entered, prepared);
      if ("paused" in prepared) return paused(entered, prepared.paused);
      return { outcome: "unknown", failure: redactFailure(prepared.failure, entered.redactor.redact) };
    },
  };
}

/** One attempt of a call that can be made. */
async function carryOut(deps: ExecutorDeps, entered: Entered, ready: Ready): Promise<Performed | Waiting> {
  const { given } = entered;
  const built = ready.action.request(ready.input, ready.call);
  if (!built.ok) return unsent(entered, built.failure);
  const limited = limitedOf({ ...ready, tenantId: given.tenantId }, ready.input);
  const turn = await awaitTurn(deps.limiter, limited, given);
  if (turn.outcome === "later") return throttled(entered, turn);
  if (turn.outcome === "cancelled") return unsent(entered, turn.failure);
  const session = sessionOf(deps, entered, ready);
  const parts = { ...ready, session, limiter: deps.limiter, limited, nowMs: deps.nowMs };
  let sent = await sendWithCredentials(session, built.request, readerOf(parts));
  if (sent.outcome === "read" && sent.read.ok && sent.result.ok && !("bytes" in sent.read)) {
    sent = await readPages(parts, sent.result, sent.read.output);
  }
  if (sent.outcome === "paused") return paused(entered, sent);
  const outcome = await settle(deps, entered, sent);
  if (!outcome.ok) await tellOthers(deps.limiter, limited, outcome.failure, outcome.retryAfterMs);
  return { ...attemptOf(entered, session), outcome };
}

/** One look whether the call's effect has happened. */
async function look(deps: ExecutorDeps, entered: Entered, ready: Ready): Promise<Looked | Waiting> {
  const limited = limitedOf({ ...ready, tenantId: entered.given.tenantId }, ready.input);
  const session = sessionOf(deps, entered, ready);
  const looked = await reconcileWith({ ...ready, session, limiter: deps.limiter, limited, nowMs: deps.nowMs });
  if (looked.outcome === "paused") return paused(entered, looked);
  if (looked.outcome === "later") return throttled(entered, looked);
  return looked.outcome === "none" ? looked : { ...looked, attempt: attemptOf(entered, session) };
}

type Entered = { given: PerformInput; startedAt: Date; redactor: Redactor; prepared: Prepared };

function sessionOf(deps: ExecutorDeps, entered: Entered, ready: Ready): Session {
  const { given, redactor } = entered;
  const { beforeSending } = given;
  const input = entered.prepared.recordedInput ?? null;
  const isUnsafe = ready.action.effect === "unsafe-write";
  return {
    http: deps.http,
    connections: deps.connections,
    connector: ready.connector,
    tenantId: given.tenantId,
    connection: ready.connection,
    redactor,
    timeoutMs: given.timeoutMs,
    answerBytesMax: ready.action.answerBytesMax?.(ready.input),
    signal: given.signal,
    beforeSending: isUnsafe && beforeSending !== undefined ? () => beforeSending(input) : undefined,
    spentMs: 0,
  };
}

/** The step's outcome out of what was sent and read. */
async function settle(
  deps: ExecutorDeps,
  { given, redactor }: Entered,
  sent: Exclude<Sent<Answered>, { outcome: "paused" }>,
): Promise<Outcome> {
  const answered: Answered = sent.outcome === "read" ? sent.read : { ok: false, failure: sent.failure };
  return outputOf(answered, { blobs: deps.blobs, tenantId: given.tenantId, redact: redactor.redact });
}

function paused(entered: Entered, { failure, delayMs }: { failure: Failure; delayMs: number }): Waiting {
  const told = redactFailure(failure, entered.redactor.redact);
  return { ...recorded(entered), waiting: { why: "connection", failure: told, delayMs } };
}

function throttled(entered: Entered, { failure, delayMs, slotAtMs }: Extract<Turn, { outcome: "later" }>): Waiting {
  return { ...recorded(entered), waiting: { why: "throttled", failure, delayMs, slotAtMs } };
}

function unsent(entered: Entered, failure: Failure): Performed {
  const outcome: Outcome = { ok: false, failure: redactFailure(failure, entered.redactor.redact) };
  return { ...recorded(entered), outcome, startedAt: entered.startedAt, durationMs: 0, phases: { total: 0 } };
}

function recorded({ prepared }: Entered): { input?: Json } {
  return prepared.recordedInput === undefined ? {} : { input: prepared.recordedInput };
}

/** The attempt without its outcome. */
function attemptOf(entered: Entered, session: Session): Omit<Performed, "outcome"> {
  const { redact } = entered.redactor;
  const { last } = session;
  return {
    ...recorded(entered),
    startedAt: entered.startedAt,
    ...timesOf(session),
    ...(last === undefined ? {} : { request: recordedRequest(last.request, redact) }),
    ...(last?.result.ok === true ? { response: recordedResponse(last.result, redact) } : {}),
  };
}
