// What is an endpoint in the API, and how is it found, changed and refused? Nothing here ever holds a secret but where it is said.
import type { IncomingHttpHeaders } from "node:http";
import { publicKeyFor } from "../delivery/ed25519.ts";
import type { EndpointDesk, Invalid } from "../endpoint/desk.ts";
import type { EndpointUpdated } from "../endpoint/update.ts";
import { AppError } from "../model/errors.ts";
import type { Endpoint, EndpointSecret } from "../model/endpoint.ts";
import { endpointSchema, secretViewSchema } from "../model/endpoint-view.ts";
import type { TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import { findingSchema, type Finding } from "../model/problem.ts";
import { checkIfMatch, revisionTag, stale } from "./precondition.ts";
import type { Answer } from "./route.ts";

/** Findings that did not keep it from being saved. */
export const warningsSchema: JsonSchema = {
  type: "array",
  items: findingSchema,
  description: "What did not keep it from being saved, such as a name without an address.",
};
/** What changes answer: the endpoint, and what there is to say about it. */
export const changedSchema: JsonSchema = {
  ...endpointSchema,
  title: "EndpointChanged",
  properties: { ...Object(endpointSchema["properties"]), warnings: warningsSchema },
};
/** What making one answers: its secrets too, this once. */
export const madeSchema: JsonSchema = {
  ...endpointSchema,
  title: "EndpointMade",
  properties: {
    ...Object(changedSchema["properties"]),
    secrets: { type: "array", items: secretViewSchema, description: "Newest first, with their texts: this once." },
    challenge: {
      type: "object",
      required: ["verified"],
      properties: { verified: { type: "boolean" }, message: { type: "string" } },
      description: "Where one was asked for.",
    },
  },
};

export const endpointResponse = { description: "The endpoint, with its ETag.", schema: endpointSchema };
export const ifMatchHeader = {
  "if-match": "The endpoint's ETag as it was read: refused with 412 when somebody else changed it since.",
};

/** An endpoint as lists and answers show it. */
export function endpointRow({ tenantId: _, revision: __, ...shown }: Endpoint) {
  return shown;
}

/** The answer that shows an endpoint, with the ETag that a change of it may name. */
export function endpointAnswer(
  endpoint: Endpoint,
  rest: { status?: number; headers?: Answer["headers"]; body?: object } = {},
): Answer {
  const { status = 200, headers = {}, body = {} } = rest;
  return { status, body: { ...endpointRow(endpoint), ...body }, etag: revisionTag(endpoint.revision), headers };
}

/** What there is to warn about, as a member of an answer; nothing when there is nothing. */
export function warningsOf(warnings: Finding[]): { warnings?: Finding[] } {
  return warnings.length === 0 ? {} : { warnings };
}

/** A secret with its text, for the answers that show it. */
export function secretShown(secret: EndpointSecret) {
  return { ...secretRow(secret), secret: secret.secret };
}

/** A secret without its text. The public half of a pair is for everybody. */
export function secretRow({ id, secret, createdAt, expiresAt }: EndpointSecret) {
  const publicKey = publicKeyFor(secret)?.text;
  return {
    id,
    ...(publicKey === undefined ? {} : { publicKey }),
    createdAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** Throws AppError `resource.not_found`, also for another tenant's. */
export async function findEndpoint(
  desk: Pick<EndpointDesk, "find">,
  tenantId: TenantId,
  id: string,
): Promise<Endpoint> {
  const endpoint = await desk.find(tenantId, id);
  if (!endpoint) throw unknownEndpoint();
  return endpoint;
}

/** The revision that a change is for: that of If-Match, or any. Throws what `checkIfMatch` throws. */
export function seenRevision(headers: IncomingHttpHeaders, { revision }: Endpoint): number | undefined {
  checkIfMatch(headers, revisionTag(revision), "endpoint");
  const header = headers["if-match"]?.trim();
  return header === undefined || header === "*" ? undefined : revision;
}

/** The answer to a change. Throws AppError: it is not valid, somebody else was first, or it is gone. */
export function updatedAnswer(updated: EndpointUpdated): Answer {
  if (updated.outcome === "changed") return endpointAnswer(updated.endpoint, { body: warningsOf(updated.warnings) });
  if (updated.outcome === "invalid") throw invalidEndpoint(updated);
  throw updated.outcome === "stale" ? stale("endpoint") : unknownEndpoint();
}

/** The refusal of settings. Findings say where and why, never a secret. */
export function invalidEndpoint({ findings }: Pick<Invalid, "findings">): AppError {
  const many = findings.length === 1 ? "an error" : `${findings.length} errors`;
  const detail = `The endpoint has ${many}: \`errors\` says where and why.`;
  return new AppError("endpoint.invalid", { detail, errors: findings });
}

export function unknownEndpoint(): AppError {
  return new AppError("resource.not_found", { detail: "There is no endpoint with this id." });
}
