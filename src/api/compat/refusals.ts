// What does a caller read when a webhook is refused? The desk's findings, at the places and by the names of what was sent.
import { AppError } from "../../model/errors.ts";
import type { Finding } from "../../model/problem.ts";
import { checkGiven, type GivenWebhook } from "./given.ts";
import type { Dialect } from "./dialect.ts";

/** Throws AppError `request.invalid` for members that a dialect does not take together, or in such a size. */
export function refuseGiven(given: GivenWebhook, dialect: Dialect): void {
  const findings = checkGiven(given, dialect);
  if (findings.length > 0) throw invalidWebhook(findings);
}

/** The refusal of settings that were made of what was sent. */
export function refusedSettings(findings: readonly Finding[], given: GivenWebhook): AppError {
  return invalidWebhook(findings.map((one) => ({ ...one, pointer: pointerIn(given, one.pointer) })));
}

/** Members of an endpoint's settings, by the names that the systems have for them. */
const namesByMember: { readonly [member: string]: readonly (keyof GivenWebhook)[] } = {
  url: ["url", "endpointUrl"],
  filter: ["filters", "event_filters"],
  retry: ["retryConfig", "retry_count", "retry_delay_seconds"],
  timeout: ["timeout_seconds"],
  contentType: ["content_type"],
  enabled: ["active", "is_active"],
};
/** Members whose inside was rewritten: what lies below them has no place in what was sent. */
const rewritten = new Set<string>(["event_filters", "retryConfig", "retry_count", "retry_delay_seconds"]);

function pointerIn(given: GivenWebhook, pointer: string): string {
  const [, member = "", ...below] = pointer.split("/");
  const names = namesByMember[member];
  if (names === undefined) return pointer;
  const name = names.find((one) => Object.hasOwn(given, one)) ?? names[0] ?? member;
  const isList = name === "filters" && /^\d+$/.test(below[0] ?? "");
  const keeps = !rewritten.has(name) && (name !== "filters" || isList);
  return `/${[name, ...(keeps ? below : [])].join("/")}`;
}

function invalidWebhook(errors: readonly Finding[]): AppError {
  const detail = `The webhook has ${errors.length === 1 ? "an error" : `${errors.length} errors`}: \`errors\` says where and why.`;
  return new AppError("request.invalid", { detail, errors: [...errors] });
}
