// Has this request been answered already? Idempotency-Key: the same request again gets the same answer and does nothing new.
import { createHash, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError, type ErrorCode } from "../model/errors.ts";
import { derivedId, type TenantId } from "../model/ids.ts";
import type { Finding } from "../model/problem.ts";
import { answerInTime } from "../store/database.ts";
import type { Claimed, IdempotencyStore, KeyUse } from "../store/idempotency.ts";
import type { Sealed, Vault } from "../vault/vault.ts";
import type { Answer, ApiRequest } from "./route.ts";

/** What a handler gets so that it makes the same things each time the request is handled. */
export type Identity = Required<Pick<ApiRequest, "newId" | "requestId">>;

/** A request under a key, as far as it must be the same when it comes again. */
export type KeyedRequest = {
  tenantId: TenantId;
  key: string;
  method: string;
  /** With its query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer | undefined;
};

export type Idempotency = {
  /**
   * The answer to the request: by `handle`, or the one that it was given before (`replayed`). Rejects with what `handle`
   * refused, now or then; with AppError `idempotency.mismatch` when the key was another request's, and
   * `idempotency.in_progress` when somebody else is handling it for longer than one may wait.
   */
  once(request: KeyedRequest, handle: (identity: Identity) => Promise<Answer>, onReplay: () => void): Promise<Answer>;
};

/** How long a claim lasts when its process dies, in milliseconds; every handler has answered long before. */
const leaseMs = 30_000;
/** How long a second request waits for the first, in milliseconds. */
const waitMs = 4_000;
const pollMsFirst = 20;
const pollMsMax = 400;

/** What is kept of an answer, or of a refusal by the handler. */
type Kept =
  | (Omit<Answer, "body" | "text"> & { text?: string; encoding?: "base64" })
  | { error: { code: ErrorCode; detail: string; errors?: Finding[] } };

/** The header's value. Throws AppError `request.invalid` unless it is 1 to 255 visible ASCII characters. */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && /^[!-~]{1,255}$/.test(key)) return key;
  const message = "An Idempotency-Key has 1 to 255 visible ASCII characters, such as a UUID, and is sent once.";
  const errors = [{ pointer: "/headers/idempotency-key", code: "format", message }];
  throw new AppError("request.invalid", { detail: message, errors });
}

/** Idempotency over its store. Answers are sealed: some hold secrets. */
export function createIdempotency(deps: {
  store: IdempotencyStore;
  vault: Vault;
  /** For tests. */
  times?: { leaseMs?: number; waitMs?: number };
}): Idempotency {
  const { store, vault } = deps;
  const times = { leaseMs, waitMs, ...deps.times };

  const claim = async (use: KeyUse, fingerprint: string, token: string): Promise<Claimed> => {
    const untilMs = performance.now() + times.waitMs;
    for (let pollMs = pollMsFirst; ; pollMs = Math.min(pollMs * 2, pollMsMax)) {
      const claimed = await answerInTime(store.claim(use, fingerprint, token, times.leaseMs));
      if (claimed.outcome !== "held" || performance.now() + pollMs > untilMs) return claimed;
      await sleep(pollMs);
    }
  };

  return {
    async once(request, handle, onReplay) {
      const use = { tenantId: request.tenantId, keyHash: sha256([request.key]).toString("hex") };
      const place = { tenantId: use.tenantId, owner: use.keyHash, field: "idempotentAnswer" };
      const token = randomUUID();
      const claimed = await claim(use, fingerprintOf(request), token);
      if (claimed.outcome === "mismatch") throw mismatch();
      if (claimed.outcome === "held") throw inProgress();
      if (claimed.outcome === "answered") {
        onReplay();
        // Written by `keep` below; the vault refuses what was changed since.
        return replay(JSON.parse(vault.open(JSON.parse(claimed.answer) as Sealed, place)) as Kept);
      }
      const keep = (kept: Kept) =>
        answerInTime(store.answer(use, token, JSON.stringify(vault.seal(JSON.stringify(kept), place))));
      return handleClaimed({ use, token, store, keep }, () => handle(identityOf(use, claimed.since)));
    },
  };
}

type Claim = { use: KeyUse; token: string; store: IdempotencyStore; keep(kept: Kept): Promise<void> };

/** Handles a request whose key is ours, and leaves the key as its outcome demands. */
async function handleClaimed({ use, token, store, keep }: Claim, handle: () => Promise<Answer>): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await handle();
  } catch (error) {
    const fate = fateOf(error);
    if (fate.outcome === "keep") await keep({ error: fate.error });
    // A key that cannot be let go now is free when its lease ends: the sender learns what went wrong, not this.
    else await answerInTime(store[fate.outcome](use, token)).catch(() => undefined);
    throw error;
  }
  // When the answer cannot be kept this is a 503: the request comes again, and finds what it made by its ids.
  if (answer.status < 500 && answer.status !== 429) await keep(keptOf(answer));
  else await answerInTime(store.release(use, token)).catch(() => undefined);
  return answer;
}

type Fate = { outcome: "keep"; error: Extract<Kept, { error: unknown }>["error"] } | { outcome: "release" | "forget" };

/** What a handler's refusal means for the key. */
function fateOf(error: unknown): Fate {
  if (!(error instanceof AppError) || error.status >= 500 || error.status === 429) return { outcome: "release" };
  // What only the handler can find wrong with a body: whoever corrects it may use the key again.
  if (error.code.startsWith("request.")) return { outcome: "forget" };
  const { code, message, errors } = error;
  return { outcome: "keep", error: { code, detail: message, ...(errors ? { errors } : {}) } };
}

function keptOf(answer: Answer): Kept {
  const { status, body, contentType, etag, headers } = answer;
  const text = answer.text ?? (body === undefined ? undefined : JSON.stringify(body));
  return {
    status,
    ...(text === undefined
      ? {}
      : typeof text === "string"
        ? { text }
        : { text: text.toString("base64"), encoding: "base64" }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(etag === undefined ? {} : { etag }),
    ...(headers === undefined ? {} : { headers }),
  };
}

function replay(kept: Kept): Answer {
  if ("error" in kept) throw new AppError(kept.error.code, kept.error);
  const { text, encoding, ...answer } = kept;
  if (text === undefined) return answer;
  return { ...answer, text: encoding === "base64" ? Buffer.from(text, "base64") : text };
}

/** The same for the same key until the key is forgotten: its first use is part of everything that is made. */
function identityOf(use: KeyUse, since: Date): Identity {
  const made = new Map<string, number>();
  const root = [use.tenantId, use.keyHash, String(since.getTime())];
  return {
    requestId: sha256(root).toString("hex").slice(0, 32),
    newId: (prefix) => {
      const number = made.get(prefix) ?? 0;
      made.set(prefix, number + 1);
      return derivedId(prefix, since.getTime(), sha256([...root, prefix, String(number)]));
    },
  };
}

/**
 * Everything that says what is asked for. A CloudEvent in binary mode has its attributes in headers. The key itself, which
 * is stored nowhere, keeps a short secret in a body from being guessed by its hash.
 */
function fingerprintOf({ key, method, url, headers, body }: KeyedRequest): string {
  const telling = Object.entries(headers)
    .filter(([name]) => name.startsWith("ce-") || name === "content-type" || name === "if-match")
    .map(([name, value]) => `${name}: ${String(value)}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
  return sha256([key, method, url, JSON.stringify(telling), body ?? ""]).toString("hex");
}

/** SHA-256 over the parts, each under its length: no two lists give the same bytes. */
function sha256(parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest();
}

function mismatch(): AppError {
  const detail =
    "This Idempotency-Key was used for another request within the last day. Use a new key for a new request, and send a repeated one unchanged.";
  return new AppError("idempotency.mismatch", { detail });
}

function inProgress(): AppError {
  const detail = "The first request with this Idempotency-Key is being worked on. Send this one again, unchanged.";
  return new AppError("idempotency.in_progress", { detail, retryAfterMs: 2_000 });
}
