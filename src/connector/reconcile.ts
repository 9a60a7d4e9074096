// Has an unsafe write happened? One look-up with the same connection, limits and redaction as any request.
import { failureOfResult } from "../delivery/classify.ts";
import type { HttpResult } from "../delivery/http.ts";
import { parseRetryAfter } from "../delivery/retry-after.ts";
import { failureClasses, type Failure } from "../model/failure.ts";
import type { Json } from "../model/json.ts";
import type { Reconciled } from "./contract.ts";
import { outputOf } from "./outcome.ts";
import type { PagesInput } from "./pages.ts";
import type { Looked } from "./perform.ts";
import { redactFailure } from "./record.ts";
import { sendWithCredentials } from "./send.ts";
import { awaitTurn, tellOthers, type Turn } from "./turn.ts";

type Read = { found: Reconciled; retryAfterMs?: number | undefined };

/** Sends the look-up once. Throws StoreAway. */
export async function reconcileWith(
  given: PagesInput,
): Promise<Looked | { outcome: "paused"; failure: Failure; delayMs: number } | Extract<Turn, { outcome: "later" }>> {
  const { session, action, input, call, limiter, limited, nowMs } = given;
  const request = action.reconcile?.request(input, call);
  if (action.reconcile === undefined || request === undefined) return { outcome: "none" };
  // The intent of the write stands noted; a look-up is none.
  session.beforeSending = undefined;
  const { response } = action.reconcile;
  const turn = await awaitTurn(limiter, limited, { signal: session.signal });
  if (turn.outcome === "later") return turn;
  if (turn.outcome === "cancelled") return { outcome: "unknown", failure: turn.failure };
  const sent = await sendWithCredentials<Read>(session, request, {
    read: (result: HttpResult) => {
      if (!result.ok) return { found: { outcome: "unknown", failure: failureOf(result) } };
      return {
        found: response(result, input, call),
        retryAfterMs: parseRetryAfter(result.headers["retry-after"], nowMs()),
      };
    },
    failureOf: ({ found }) => (found.outcome === "unknown" ? found.failure : undefined),
  });
  if (sent.outcome === "paused") return sent;
  if (sent.outcome === "failed")
    return { outcome: "unknown", failure: redactFailure(sent.failure, session.redactor.redact) };
  const { found, retryAfterMs } = sent.read;
  if (found.outcome === "did_not_happen") return found;
  if (found.outcome === "happened") return happened(given, found.output);
  await tellOthers(limiter, limited, found.failure, retryAfterMs);
  const isPassing = failureClasses[found.failure.class].retried;
  return {
    outcome: "unknown",
    failure: redactFailure(found.failure, session.redactor.redact),
    ...(isPassing ? { again: true as const } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function failureOf(result: Extract<HttpResult, { ok: false }>): Failure {
  return failureOfResult(result) ?? { class: "internal", code: result.code, message: result.message };
}

async function happened({ session }: PagesInput, output: Json): Promise<Looked> {
  const blobs = { put: () => Promise.reject(new Error("A look-up answers no bytes.")) };
  const outcome = await outputOf({ ok: true, output }, { ...session, blobs, redact: session.redactor.redact });
  return outcome.ok
    ? { outcome: "happened", output: outcome.output }
    : { outcome: "unknown", failure: outcome.failure };
}
