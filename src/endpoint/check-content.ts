// What is wrong with settings of the right shape? Filter, templates, retries, durations, keys, and members that exclude each other.
import { checkEncryptionKey } from "../delivery/encrypt.ts";
import { checkIdentity } from "../delivery/tls-identity.ts";
import { compileCondition, compileValues } from "../flow/compile-values.ts";
import type { Reading } from "../flow/compile-walk.ts";
import { parseDuration } from "../flow/duration.ts";
import type { Place } from "../flow/references.ts";
import { checkRetry, failureWords, unknownFailureWords } from "../flow/retry.ts";
import { isForbiddenKey } from "../flow/scope-path.ts";
import { didYouMean } from "../flow/suggest.ts";
import type { EndpointGiven } from "../model/endpoint-given.ts";
import type { PlanCondition } from "../model/plan.ts";
import type { Finding } from "../model/problem.ts";

export type Findings = { errors: Finding[]; warnings: Finding[] };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const pathSegmentsMax = 32;

/** Where an endpoint's filter is asked and its templates are rendered: there is an event, and nothing else. */
const eventPlace: Place = { roots: new Set(["event"]), steps: new Map(), vars: new Map() };

/** Everything that can be said without looking anything up. Members that are missing are not asked for here. */
export function contentFindings(given: Partial<EndpointGiven>, nowMs: number): Findings {
  const reading: Reading = { names: { steps: new Set(), vars: new Set() }, errors: [], warnings: [] };
  if (given.filter !== undefined) compileCondition(given.filter, "/filter", eventPlace, reading);
  checkTransform(given, reading);
  if (given.order !== undefined) compileValues(given.order, "/order", eventPlace, reading);
  checkRetries(given, reading);
  reading.errors.push(...durationFindings(given), ...identityFindings(given, nowMs), ...encryptionFindings(given));
  if (given.order !== undefined && given.batch !== undefined) {
    const message = "An endpoint is ordered or batched, not both: leave out `order` or `batch`.";
    reading.errors.push({ pointer: "/batch", code: "form", message });
  }
  return reading;
}

/** The filter ready to be asked; its findings are those of `contentFindings`. */
export function filterOf(filter: NonNullable<EndpointGiven["filter"]>): PlanCondition {
  const reading: Reading = { names: { steps: new Set(), vars: new Set() }, errors: [], warnings: [] };
  return compileCondition(filter, "/filter", eventPlace, reading);
}

function checkTransform({ transform }: Partial<EndpointGiven>, reading: Reading): void {
  if (transform === undefined) return;
  if ("payload" in transform) {
    compileValues(transform.payload, "/transform/payload", eventPlace, reading);
    return;
  }
  for (const [index, path] of transform.fields.entries()) {
    const segments = path.split(".");
    if (!segments.some((one) => one === "" || isForbiddenKey(one)) && segments.length <= pathSegmentsMax) continue;
    const message = "This is no path of the event's data: names of members parted by dots.";
    const pointer = `/transform/fields/${index}`;
    const suggestion = path.replaceAll(/^\.+|\.+$/g, "").replaceAll(/\.{2,}/g, ".");
    reading.errors.push({
      pointer,
      code: "format",
      message,
      ...(suggestion === "" || suggestion === path ? {} : { suggestion }),
    });
  }
}

function checkRetries({ retry }: Partial<EndpointGiven>, reading: Reading): void {
  if (retry === undefined) return;
  for (const { pointer, word } of unknownFailureWords(retry)) {
    const suggestion = didYouMean(word, failureWords);
    const message = `No failure is known as \`${word}\`: this has no effect.`;
    reading.warnings.push({
      pointer: `/retry${pointer}`,
      code: "retry.word",
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  for (const finding of checkRetry(retry)) reading.errors.push({ ...finding, pointer: `/retry${finding.pointer}` });
}

/** Durations of the right form may still be nothing at all, or longer than makes sense. */
function durationFindings({ timeout, rateLimit, batch, breaker, alerts, disableAfter }: Partial<EndpointGiven>) {
  const rule = typeof breaker === "object" ? breaker : {};
  const rows: [pointer: string, text: string | false | undefined, maxMs: number, longest: string][] = [
    ["/timeout", timeout, 2 * minuteMs, "2m"],
    ["/rateLimit/per", rateLimit?.per, dayMs, "1d"],
    ["/batch/for", batch?.for, hourMs, "1h"],
    ["/breaker/within", rule.within, hourMs, "1h"],
    ["/breaker/open", rule.open, dayMs, "1d"],
    ["/alerts/slow", alerts?.slow, 2 * minuteMs, "2m"],
    ["/disableAfter", disableAfter, 365 * dayMs, "365d"],
  ];
  return rows.flatMap(([pointer, text, maxMs, longest]): Finding[] => {
    if (text === undefined || text === false) return [];
    const ms = parseDuration(text);
    if (ms !== undefined && ms > 0 && ms <= maxMs) return [];
    const what = ms === 0 ? "no time at all" : `longer than ${longest}, the longest possible here`;
    return [{ pointer, code: "range", message: `\`${text}\` is ${what}.` }];
  });
}

const identityMembers: { readonly [member: string]: string } = { cert: "certificate", key: "key", ca: "ca" };

function identityFindings({ tls, url }: Partial<EndpointGiven>, nowMs: number): Finding[] {
  if (tls !== undefined && url !== undefined && /^http:/i.test(url)) {
    const message = "A client certificate is shown over HTTPS only: give a URL that begins with https://.";
    return [{ pointer: "/url", code: "url.scheme", message }];
  }
  // Whether the key that is missing is one that stands sealed already, is asked where that is known.
  if (tls?.key === undefined) return [];
  const { certificate, key, ca } = tls;
  return checkIdentity({ cert: certificate, key, ...(ca === undefined ? {} : { ca }) }, nowMs).map((finding) => {
    const member = finding.pointer.slice(1);
    return { ...finding, pointer: `/tls/${identityMembers[member] ?? member}` };
  });
}

function encryptionFindings({ encryption }: Partial<EndpointGiven>): Finding[] {
  if (encryption === undefined) return [];
  return checkEncryptionKey(encryption.key).map((one) => ({ ...one, pointer: `/encryption/key${one.pointer}` }));
}
