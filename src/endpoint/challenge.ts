// Does the receiver at an endpoint's URL want to be one? It is sent a random text and has to give it back.
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Endpoint } from "../model/endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { EndpointStore } from "../store/endpoints.ts";
import type { SendTest, TestSent } from "./test-send.ts";

/** What came of a challenge. `endpoint`: as it is then, where the echo was right. */
export type Challenged = { verified: boolean; message?: string; endpoint?: Endpoint; sent: TestSent };
/** Undefined: there is no such endpoint. */
export type Challenge = (tenantId: TenantId, id: EndpointId) => Promise<Challenged | undefined>;

export const challengeType = "endpoint.challenge";
/** How long the receiver has, in milliseconds. */
const challengeMsMax = 10_000;

/** Sends challenges by the way of real deliveries, signed like them. Rejects when the store does not answer. */
export function createChallenge(deps: {
  sendTest: SendTest;
  endpoints: Pick<EndpointStore, "read" | "update">;
}): Challenge {
  return async (tenantId, id) => {
    const before = await deps.endpoints.read(tenantId, id);
    const challenge = randomBytes(24).toString("base64url");
    const body = JSON.stringify({ type: challengeType, challenge });
    const sent = await deps.sendTest(tenantId, id, { type: challengeType, body, timeoutMsMax: challengeMsMax });
    if (before === undefined || sent === undefined) return undefined;
    const message = faultOf(sent, challenge);
    if (message !== undefined) return { verified: false, message, sent };
    // Only of what was challenged: another URL is another receiver.
    const verified = { verifiedAt: sent.attempt.startedAt };
    const written = await deps.endpoints.update(tenantId, id, before.revision, verified);
    if (written.outcome === "changed") return { verified: true, endpoint: written.endpoint, sent };
    return { verified: false, message: "The endpoint was changed meanwhile: challenge it again.", sent };
  };
}

/** Why an answer is no echo; undefined when it is one. */
function faultOf({ attempt, bodies }: TestSent, challenge: string): string | undefined {
  if (attempt.outcome === "failed") return attempt.message ?? "The challenge could not be delivered.";
  const echo = echoOf(bodies.response?.body ?? "");
  if (echo !== undefined && isSame(echo, challenge)) return undefined;
  return "The receiver answered without the challenge: it has to give `challenge` back, as a member of a JSON object or as the whole text.";
}

function echoOf(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "string") return value;
    if (typeof value !== "object" || value === null || !("challenge" in value)) return undefined;
    return typeof value.challenge === "string" ? value.challenge : undefined;
  } catch {
    return body.trim();
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
