// How are the pages of a long answer read? One after the other, within the attempt's time and a bound in bytes.
import type { HttpAnswer, HttpResult } from "../delivery/http.ts";
import { blobBytesMax } from "../model/blob.ts";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { classify } from "./classify.ts";
import type { Action, ActionCall, Answered } from "./contract.ts";
import type { Limited, Limiter } from "./limiter.ts";
import { sendWithCredentials, type Sent, type Session } from "./send.ts";
import { awaitTurn } from "./turn.ts";

/** More pages than this are a loop, or too much for one step. */
const pagesMax = 1_000;

export type PagesInput = {
  session: Session;
  action: Action;
  input: JsonObject;
  call: ActionCall;
  limiter: Limiter;
  limited: Limited | undefined;
  nowMs: () => number;
};

/** The joined output of all pages, or the failure of the first page that failed. Throws StoreAway. */
export async function readPages(given: PagesInput, first: HttpAnswer, output: Json): Promise<Sent<Answered>> {
  const { session, action, input, call } = given;
  const { pages } = action;
  const outputs = [output];
  let answer = first;
  let bytes = first.body.length;
  for (let page = 1; pages !== undefined; page++) {
    const next = pages.next(answer, input, call, page, outputs);
    if (next === undefined) break;
    if (page === pagesMax || bytes > blobBytesMax) return failed(tooMuch(page));
    const turn = await awaitTurn(given.limiter, given.limited, {
      inPlaceMs: Math.max(0, (session.deadlineMs ?? 0) - performance.now()),
      signal: session.signal,
    });
    if (turn.outcome === "cancelled") return failed(turn.failure);
    if (turn.outcome === "later") return read({ ok: false, failure: turn.failure, retryAfterMs: turn.delayMs }, first);
    const sent = await sendWithCredentials(session, next, readerOf(given), true);
    if (sent.outcome !== "read" || !sent.read.ok || !sent.result.ok) return sent;
    if (!("bytes" in sent.read)) outputs.push(sent.read.output);
    answer = sent.result;
    bytes += answer.body.length;
  }
  return read({ ok: true, output: pages === undefined ? output : pages.join(outputs, input) }, first);
}

/** How the answers of an action are read. */
export function readerOf({ action, input, nowMs }: Pick<PagesInput, "action" | "input" | "nowMs">) {
  return {
    read: (result: HttpResult): Answered => classify(action, input, result, nowMs()),
    failureOf: (answered: Answered) => (answered.ok ? undefined : answered.failure),
  };
}

function read(answered: Answered, result: HttpResult): Sent<Answered> {
  return { outcome: "read", read: answered, result };
}

function failed(failure: Failure): Sent<Answered> {
  return { outcome: "failed", failure };
}

function tooMuch(pages: number): Failure {
  const message = `After ${pages} pages there are still more: ask for fewer, or for what is new only.`;
  return { class: "limit", code: "pages", message };
}
