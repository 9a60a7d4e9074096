// One attempt of a delivery: built, signed, sent, judged, and put down without secrets. Every delivery goes through here.
import { recordedRequest, recordedResponse, createGrowingRedactor, type Redactor } from "../connector/record.ts";
import { contentTypeOf } from "../delivery/body.ts";
import { bodyOf, buildDelivery, type DeliveryInput } from "../delivery/build.ts";
import { encryptBody, encryptedContentType } from "../delivery/encrypt.ts";
import type { HttpAnswer, HttpClient, HttpResult } from "../delivery/http.ts";
import { judgeAnswer, type Judgement } from "../delivery/judge.ts";
import type { Attempt } from "../model/attempt.ts";
import type { AttemptBodies, AttemptRow } from "../model/delivery.ts";
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import { maskHeaders, redactedMark } from "../vault/redact.ts";
import { secretsAt, type OpenEndpoint } from "./open-endpoint.ts";
import { payloadOf } from "./payload.ts";
import { secretHeaderValues } from "./secret-headers.ts";
import type { EndpointTokens } from "./token.ts";

/** What is sent: one event, or those of a batch under the batch's own id. */
export type AttemptJob = {
  endpoint: OpenEndpoint;
  /** `webhook-id`: the same over all attempts. */
  deliveryId: string;
  events: readonly { deliveryId: string; event: Event }[];
  isBatch: boolean;
  /** From 1. */
  number: number;
  trigger: Attempt["trigger"];
  /** The whole body as it stands, instead of the profile's envelope around the event's data. */
  body?: string | undefined;
  /** A shorter limit than the endpoint's own, in milliseconds. */
  timeoutMsMax?: number | undefined;
  signal?: AbortSignal | undefined;
};

export type Attempted = { attempt: AttemptRow; bodies: AttemptBodies; judgement: Judgement };

export type MakeAttempt = (job: AttemptJob) => Promise<Attempted>;

export type AttemptDeps = { http: Pick<HttpClient, "send">; tokens: EndpointTokens; nowMs: () => number };

/** Makes attempts. They never reject for what the receiver or the network does. */
export function createAttempts(deps: AttemptDeps): MakeAttempt {
  return async (job) => {
    const startedAt = new Date(deps.nowMs());
    const redactor = redactorOf(job.endpoint);
    const request = await requestOf(deps, job, redactor);
    if (!request.ok) return unsent(job, startedAt, request.failure);
    const { url, headers, body } = request;
    const result = await deps.http.send({
      method: "POST",
      url,
      headers,
      body,
      timeoutMs: Math.min(job.endpoint.timeouts.totalMs, job.timeoutMsMax ?? Number.POSITIVE_INFINITY),
      ...timeoutsOf(job.endpoint),
      retryStale: true,
      ...(job.endpoint.identity === undefined ? {} : { identity: job.endpoint.identity }),
      ...(job.signal === undefined ? {} : { signal: job.signal }),
    });
    const judgement = judgeAnswer(job.endpoint.profile, result);
    if (result.ok && result.status === 401 && request.accessToken !== undefined) {
      deps.tokens.refused(tokenKeyOf(job.endpoint), request.accessToken);
    }
    return {
      attempt: attemptRow(job, startedAt, result, judgement, redactor),
      bodies: {
        request: shownRequest(job.endpoint, request, redactor),
        ...(result.ok ? { response: shownResponse(result, redactor) } : {}),
      },
      judgement,
    };
  };
}

type Made = {
  ok: true;
  url: string;
  headers: Record<string, string>;
  /** Those that the profile made: ids, times, signatures. */
  profileHeaders: Record<string, string>;
  body: string;
  accessToken?: string;
};

/** A request without secrets. What the profile made holds none; what people set is looked through once. */
function shownRequest(endpoint: OpenEndpoint, { headers, profileHeaders, body }: Made, redactor: Redactor) {
  const { url, own } = shownParts(endpoint, redactor);
  const authorization = "authorization" in headers ? { authorization: redactedMark } : {};
  const shown = { method: "POST", url, headers: {}, body };
  return {
    ...recordedRequest(shown, redactor.redact),
    headers: { ...maskHeaders(profileHeaders), ...own, ...authorization },
  };
}

/** An answer without secrets, and without the half of one where it was cut off. */
function shownResponse(answer: HttpAnswer, redactor: Redactor) {
  const body = answer.truncated ? redactor.redactCut(answer.body) : answer.body;
  return recordedResponse({ ...answer, body }, redactor.redact);
}

type ShownParts = { url: string; own: Record<string, string> };
const shownByEndpoint = new WeakMap<OpenEndpoint, ShownParts>();

/** What is the same in all requests to an endpoint. */
function shownParts(endpoint: OpenEndpoint, { redact }: Redactor): ShownParts {
  const known = shownByEndpoint.get(endpoint);
  if (known !== undefined) return known;
  const { url, headers = {} } = endpoint.settings;
  const request = recordedRequest({ method: "POST", url, headers, body: "" }, redact);
  const parts = { url: request.url, own: request.headers };
  shownByEndpoint.set(endpoint, parts);
  return parts;
}

async function requestOf(
  deps: AttemptDeps,
  job: AttemptJob,
  redactor: Redactor,
): Promise<Made | { ok: false; failure: Failure }> {
  const { endpoint } = job;
  const input = inputOf(job, deps.nowMs());
  if ("class" in input) return { ok: false, failure: input };
  const sealed = endpoint.encryptionKey === undefined ? input : await encrypted(endpoint, input);
  if ("class" in sealed) return { ok: false, failure: sealed };
  const built = buildDelivery(endpoint.profile, sealed);
  if (!built.ok) return { ok: false, failure: { class: "validation", code: built.code, message: built.message } };
  const own = endpoint.settings.headers;
  const headers = own === undefined ? built.headers : { ...built.headers, ...own };
  const made = { ok: true as const, url: endpoint.settings.url, profileHeaders: built.headers, body: built.body };
  if (endpoint.oauth2 === undefined) return { ...made, headers };
  const token = await deps.tokens.tokenFor(tokenKeyOf(endpoint), endpoint.oauth2);
  if (!token.ok) return { ok: false, failure: token.failure };
  redactor.add([token.accessToken]);
  const { accessToken } = token;
  return { ...made, headers: { ...headers, authorization: `Bearer ${accessToken}` }, accessToken };
}

function inputOf(job: AttemptJob, nowMs: number): DeliveryInput | Failure {
  const { endpoint, deliveryId, number, trigger } = job;
  const events: { deliveryId: string; event: DeliveryInput["event"] }[] = [];
  for (const one of job.events) {
    const payload = payloadOf(endpoint.settings.transform, one.event, nowMs);
    if (!payload.ok) return payload.failure;
    events.push({ deliveryId: one.deliveryId, event: { ...one.event, dataText: payload.dataText } });
  }
  const [first] = events;
  if (first === undefined) return { class: "internal", code: "empty", message: "There is no event to send." };
  return {
    deliveryId,
    configurationId: endpoint.id,
    tenantId: endpoint.tenantId,
    attempt: number,
    // A test is made once.
    willRetry: trigger !== "test" && number <= endpoint.retry.delaysMs.length,
    event: first.event,
    ...(job.body === undefined ? {} : { body: job.body }),
    ...(job.isBatch ? { batch: events } : {}),
    secrets: secretsAt(endpoint, nowMs),
    nowMs,
    method: "POST",
    url: endpoint.settings.url,
    ...(endpoint.settings.contentType === undefined ? {} : { contentType: endpoint.settings.contentType }),
    ...(endpoint.also.length === 0 ? {} : { also: endpoint.also }),
  };
}

/** The same with its body encrypted: what is signed, sent and recorded is what only the receiver can read. */
async function encrypted(endpoint: OpenEndpoint, input: DeliveryInput): Promise<DeliveryInput | Failure> {
  const plain = bodyOf(endpoint.profile, input);
  if (!plain.ok) return { class: "validation", code: plain.code, message: plain.message };
  if (endpoint.encryptionKey === undefined) return input;
  try {
    return {
      ...input,
      body: await encryptBody(plain.body, endpoint.encryptionKey, contentTypeOf(endpoint.profile, input)),
      contentType: encryptedContentType,
    };
  } catch {
    // Checked when it was saved: what is wrong with it now is not for the log to say.
    return {
      class: "validation",
      code: "encryption",
      message: "The body could not be encrypted to the endpoint's key.",
    };
  }
}

function timeoutsOf({ timeouts }: OpenEndpoint): { connectTimeoutMs?: number; readTimeoutMs?: number } {
  return {
    ...(timeouts.connectMs === undefined ? {} : { connectTimeoutMs: timeouts.connectMs }),
    ...(timeouts.readMs === undefined ? {} : { readTimeoutMs: timeouts.readMs }),
  };
}

function attemptRow(
  job: AttemptJob,
  startedAt: Date,
  result: HttpResult,
  { failure }: Judgement,
  redactor: Redactor,
): AttemptRow {
  return {
    number: job.number,
    trigger: job.trigger,
    startedAt,
    durationMs: result.phases.total,
    phases: result.phases,
    outcome: failure === undefined ? "succeeded" : "failed",
    ...(failure === undefined ? {} : { class: failure.class, message: redactor.redact(failure.message) }),
    ...(result.ok ? { status: result.status } : {}),
    ...(job.isBatch ? { batch: job.deliveryId } : {}),
  };
}

/** An attempt that could not be made: it is recorded like any other, so that people see why. */
function unsent(job: AttemptJob, startedAt: Date, failure: Failure): Attempted {
  const attempt: AttemptRow = {
    number: job.number,
    trigger: job.trigger,
    startedAt,
    durationMs: 0,
    phases: { total: 0 },
    outcome: "failed",
    class: failure.class,
    message: failure.message,
    ...(job.isBatch ? { batch: job.deliveryId } : {}),
  };
  return { attempt, bodies: {}, judgement: { failure, disables: false, stops: false } };
}

const redactors = new WeakMap<OpenEndpoint, Redactor>();

/** One redactor for an endpoint: making one costs more than a delivery. */
function redactorOf(endpoint: OpenEndpoint): Redactor {
  const known = redactors.get(endpoint);
  if (known !== undefined) return known;
  const redactor = createGrowingRedactor([
    ...endpoint.secrets.map((one) => one.secret),
    ...(endpoint.oauth2 === undefined ? [] : [endpoint.oauth2.clientSecret]),
    ...secretHeaderValues(endpoint.settings.headers),
  ]);
  redactors.set(endpoint, redactor);
  return redactor;
}

function tokenKeyOf({ tenantId, id, revision }: OpenEndpoint): string {
  return `${tenantId}/${id}/${revision}`;
}
