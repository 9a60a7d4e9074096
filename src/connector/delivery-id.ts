// The id under which a receiver sees one effect of a step: the same on every attempt, so that it can tell a repetition.
import { createHash } from "node:crypto";
import type { RunId, TenantId } from "../model/ids.ts";

/**
 * `msg_` and 160 bits from (tenant, run, step path), as URL-safe base64 without padding.
 * Holds no dot: Standard Webhooks signs `id.timestamp.body`.
 */
export function deliveryIdOf(tenantId: TenantId, runId: RunId, path: string): string {
  const digest = createHash("sha256").update(`${tenantId}/${runId}/${path}`).digest();
  return `msg_${digest.subarray(0, 20).toString("base64url")}`;
}
