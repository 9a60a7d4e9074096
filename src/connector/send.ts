// How is one request of an action sent? With the connection's credentials, and once more when a newer token is to be had.
import type { HttpClient, HttpResult } from "../delivery/http.ts";
import { blobBytesMax } from "../model/blob.ts";
import type { Phases } from "../model/attempt.ts";
import type { Failure } from "../model/failure.ts";
import type { TenantId } from "../model/ids.ts";
import { addressRequest, isSameOrigin, withoutApplied } from "./address-request.ts";
import type { ActionRequest, Connector } from "./contract.ts";
import type { Connections, OpenConnection, Opened } from "./open-connection.ts";
import { secretsOf, type Redactor } from "./record.ts";
import { stored } from "./store-away.ts";

/** What belongs together from the opening of a connection to the last answer of an attempt. */
export type Session = {
  http: Pick<HttpClient, "send">;
  connections: Connections;
  connector: Connector;
  tenantId: TenantId;
  /** The newest one: a renewed token takes its place. */
  connection: OpenConnection | undefined;
  redactor: Redactor;
  /** For all requests of the attempt together. */
  timeoutMs: number;
  answerBytesMax: number | undefined;
  signal: AbortSignal | undefined;
  /** Called once, before anything leaves. */
  beforeSending: (() => Promise<void>) | undefined;
  /** By the monotonic clock; set with the first request. */
  deadlineMs?: number;
  /** The last exchange. */
  last?: { request: ActionRequest; result: HttpResult };
  spentMs: number;
};

export type Sent<Read> =
  | { outcome: "read"; read: Read; result: HttpResult }
  /** Nothing could be sent, or the connection is not usable any more. */
  | { outcome: "failed"; failure: Failure }
  /** The connection waits for its owner, or for its token. */
  | { outcome: "paused"; failure: Failure; delayMs: number };

export type Reader<Read> = { read: (result: HttpResult) => Read; failureOf: (read: Read) => Failure | undefined };

/**
 * Sends a request and reads its answer. A refusal of the credentials is answered by a renewed token; one that stays
 * is the vendor's word about the connection where the connector says so. `page`: the next of several, which must go to
 * the origin of the one before. Throws StoreAway.
 */
export async function sendWithCredentials<Read>(
  session: Session,
  request: ActionRequest,
  reader: Reader<Read>,
  page = false,
): Promise<Sent<Read>> {
  const asked = { renewals: 0, refusal: false };
  for (;;) {
    const wanted = page ? withoutApplied(request, session.connection) : request;
    const addressed = addressRequest(wanted, session.connection, session.connector.baseUrl);
    if (!addressed.ok) return { outcome: "failed", failure: addressed.failure };
    const before = session.last?.request.url;
    if (page && before !== undefined && !isSameOrigin(addressed.request.url, before)) return foreignPage;
    const result = await transmit(session, addressed.request);
    const read = reader.read(result);
    const failure = reader.failureOf(read);
    const { connection } = session;
    if (failure?.class !== "auth_revoked" || connection === undefined) return { outcome: "read", read, result };
    const opened = await openAnew(session, connection, failure, asked);
    if (opened === undefined) return { outcome: "read", read, result };
    if (opened.outcome === "failed") return opened;
    if (opened.outcome === "paused") return opened;
    session.connection = opened.connection;
    session.redactor.add(secretsOf(opened.connection));
  }
}

const foreignPage: Sent<never> = {
  outcome: "failed",
  failure: {
    class: "blocked",
    code: "url.foreign_origin",
    message: "The next page is at another host: credentials never follow there.",
  },
};

/** A token that is younger than this was fetched for this refusal, in milliseconds: if it is refused too, it is not its age. */
const freshMs = 10_000;

/** What can still be done about refused credentials; undefined when that has been done. */
async function openAnew(
  session: Session,
  connection: OpenConnection,
  failure: Failure,
  asked: { renewals: number; refusal: boolean },
): Promise<Opened | undefined> {
  const { connections, tenantId } = session;
  // A renewal may answer with a token that somebody else fetched a while ago, and that has ended as well.
  const mayRenew = asked.renewals === 0 || (asked.renewals === 1 && (connection.tokenAgeMs ?? 0) > freshMs);
  // A refused request was not applied, so that even an unsafe write may be sent again.
  if (mayRenew && connection.tokenVersion !== undefined) {
    asked.renewals++;
    const renewed = await stored(connections.renew(tenantId, connection), true);
    if (renewed.outcome !== "failed") return renewed;
  }
  if (asked.refusal || session.connector.refusalsCount !== true) return undefined;
  asked.refusal = true;
  const told = { ...failure, message: session.redactor.redact(failure.message) };
  return stored(connections.refused(tenantId, connection, told), true);
}

async function transmit(session: Session, request: ActionRequest): Promise<HttpResult> {
  if (session.beforeSending !== undefined) {
    await stored(session.beforeSending());
    session.beforeSending = undefined;
  }
  session.deadlineMs ??= performance.now() + session.timeoutMs;
  const { signal, answerBytesMax } = session;
  const answered = await session.http.send({
    ...request,
    // Never 0: a request whose time is over ends as one that took too long.
    timeoutMs: Math.max(1, session.deadlineMs - performance.now()),
    ...(signal === undefined ? {} : { signal }),
    ...(answerBytesMax === undefined ? {} : { bodyBytesMax: Math.min(answerBytesMax, blobBytesMax) }),
  });
  const isCut = answered.ok && answered.truncated;
  const result = isCut ? { ...answered, body: session.redactor.redactCut(answered.body) } : answered;
  session.last = { request, result };
  session.spentMs += result.phases.total;
  return result;
}

/** How long the attempt's requests took, and the phases of the last of them. */
export function timesOf(session: Session): { durationMs: number; phases: Phases } {
  const phases = session.last?.result.phases ?? { total: 0 };
  return { durationMs: Math.round(session.spentMs * 100) / 100, phases };
}
