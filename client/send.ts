// How is one request sent? With a time limit, and again after a failure that repeating may mend.
import { errorOf, MillraceError } from "./error.ts";

export type Sending = {
  /** How often a request is repeated at most, after its first try. */
  retries: number;
  /** Longest that one try may take, in milliseconds. */
  timeoutMs: number;
  fetch: typeof globalThis.fetch;
};

export type Outgoing = {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Whether the server does the same thing once, however often it is asked. */
  repeatable: boolean;
  signal: AbortSignal | undefined;
};

/** A successful answer, with its whole body. */
export type Incoming = { status: number; headers: Headers; bytes: ArrayBuffer };

const delayMsFirst = 200;
const delayMsMax = 5_000;
/** A server that wants to be left alone for longer is not waited for: the caller decides. */
const retryAfterMsMax = 30_000;
const repeatedStatuses = [429, 502, 503, 504];

/** Sends a request, again where that may help. Rejects with MillraceError, or with the reason of the caller's signal. */
export async function send(request: Outgoing, { retries, timeoutMs, fetch }: Sending): Promise<Incoming> {
  for (let number = 0; ; number++) {
    const outcome = await tryOnce(request, timeoutMs, fetch);
    if (!(outcome instanceof MillraceError)) return outcome;
    if (number >= retries || !request.repeatable || !mayPass(outcome)) throw outcome;
    await pause(outcome.retryAfterMs ?? backoffMs(number), request.signal);
  }
}

async function tryOnce(
  { url, method, headers, body, signal }: Outgoing,
  timeoutMs: number,
  fetch: Sending["fetch"],
): Promise<Incoming | MillraceError> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      // A key must not follow a redirect to somewhere else.
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(body === undefined ? {} : { body }),
    });
    const bytes = await response.arrayBuffer();
    if (response.ok || response.status === 304) return { status: response.status, headers: response.headers, bytes };
    return errorOf(response, new TextDecoder().decode(bytes));
  } catch (cause) {
    signal?.throwIfAborted();
    const detail = limit.aborted ? `No answer came within ${timeoutMs} ms.` : "No answer came.";
    return new MillraceError({ code: "network.failed", status: 0, detail, cause });
  }
}

/** Whether the same request may succeed later. */
function mayPass({ code, status, retryAfterMs = 0 }: MillraceError): boolean {
  if (retryAfterMs > retryAfterMsMax) return false;
  return code === "network.failed" || code === "idempotency.in_progress" || repeatedStatuses.includes(status);
}

/** Doubling delays with half of each left to chance, so that many clients do not come back at once. */
function backoffMs(number: number): number {
  const delayMs = Math.min(delayMsFirst * 2 ** number, delayMsMax);
  return delayMs / 2 + (Math.random() * delayMs) / 2;
}

/** Resolves after a delay; rejects with the signal's reason when it comes first. */
function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      // The caller's own reason, whatever it is.
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
