// What does a step get out of an answer? An output of bounded size without secrets, bytes put aside, or the failure.
import type { BlobRef } from "../model/blob.ts";
import type { TenantId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { BlobStore } from "../store/blobs.ts";
import { redactJson, type Redact } from "../vault/redact.ts";
import type { Answered } from "./contract.ts";
import type { Outcome } from "./perform.ts";
import { redactBytes, redactFailure } from "./record.ts";

/** Most bytes of an output: Temporal carries it from step to step, and refuses results above 2 MB. */
export const outputBytesMax = 256 * 1024;

/** The outcome of an answer. Never rejects: the request has been carried out, and must not be repeated as if it had not. */
export async function outputOf(
  answered: Answered,
  to: { blobs: Pick<BlobStore, "put">; tenantId: TenantId; redact: Redact },
): Promise<Outcome> {
  if (!answered.ok) return { ...answered, failure: redactFailure(answered.failure, to.redact) };
  if (!("bytes" in answered)) return bounded(answered.output, to.redact);
  let ref: BlobRef;
  try {
    ref = await to.blobs.put(to.tenantId, redactBytes(answered.bytes, to.redact), to.redact(answered.contentType));
  } catch {
    const message = "The answer came, but its bytes could not be stored.";
    return { ok: false, failure: { class: "internal", code: "bytes_not_stored", message } };
  }
  return bounded(answered.output(ref), to.redact);
}

/** Receivers can echo what they were sent, and the output goes into Temporal's history. */
function bounded(output: Json, redact: Redact): Outcome {
  const clean = redactJson(output, redact);
  const bytes = Buffer.byteLength(JSON.stringify(clean));
  if (bytes <= outputBytesMax) return { ok: true, output: clean };
  const message =
    `The request was carried out, but its output of ${Math.ceil(bytes / 1024)} KB is above the ` +
    `${outputBytesMax / 1024} KB that a step can hand on: ask for less.`;
  return { ok: false, failure: { class: "limit", code: "output_too_large", message } };
}
