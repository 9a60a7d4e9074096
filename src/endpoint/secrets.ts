// Which secrets does an endpoint sign with after a rotation or an expiry, and which secrets do its profiles take?
import type { Profile } from "../delivery/profile.ts";
import { checkSecret, newSecretFor, secretKindsOf, type SecretKind } from "../delivery/secret.ts";
import { secretsMax, type EndpointSecret } from "../model/endpoint.ts";

/** What is wrong with a secret for profiles that sign with it; undefined when all of them can. Holds nothing of it. */
export function secretFault(secret: string, profiles: readonly Profile[]): string | undefined {
  return profiles.flatMap((profile) => checkSecret(secret, profile))[0]?.message;
}

/** The kinds of secrets that all of the profiles can sign with. */
export function kindsOf(profiles: readonly Profile[]): readonly SecretKind[] {
  return secretKindsOf(together(profiles));
}

/** A new secret that all of the profiles can sign with. Throws RangeError for a kind that is not in `kindsOf`. */
export function newSecret(profiles: readonly Profile[], kind?: SecretKind): string {
  return newSecretFor(together(profiles), kind);
}

function together(profiles: readonly Profile[]): Pick<Profile, "signatures"> {
  return { signatures: profiles.flatMap(({ signatures }) => signatures) };
}

/** Those that have not ended at this moment, newest first. */
export function livingSecrets(secrets: readonly EndpointSecret[], nowMs: number): EndpointSecret[] {
  return secrets.filter((one) => one.expiresAt === undefined || Date.parse(one.expiresAt) > nowMs);
}

export type Rotated = { ok: true; secrets: EndpointSecret[] } | { ok: false; why: "too_many" | "repeated" };

/** The list with a new secret first. Those before it end after `graceMs`, or before when they do already. */
export function rotated(
  secrets: readonly EndpointSecret[],
  next: { id: string; secret: string },
  graceMs: number,
  nowMs: number,
): Rotated {
  const living = livingSecrets(secrets, nowMs);
  if (living.some((one) => one.secret === next.secret)) return { ok: false, why: "repeated" };
  const endMs = nowMs + graceMs;
  const earlier = graceMs <= 0 ? [] : living.map((one) => ({ ...one, expiresAt: earlierOf(one.expiresAt, endMs) }));
  if (earlier.length + 1 > secretsMax) return { ok: false, why: "too_many" };
  return { ok: true, secrets: [{ ...next, createdAt: new Date(nowMs).toISOString() }, ...earlier] };
}

function earlierOf(expiresAt: string | undefined, endMs: number): string {
  const ownMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  return new Date(Math.min(ownMs, endMs)).toISOString();
}

export type Expired = { ok: true; secrets: EndpointSecret[] } | { ok: false; why: "unknown" | "last" };

/** The list without a secret. The last one stays: nothing goes out unsigned. */
export function withoutSecret(secrets: readonly EndpointSecret[], id: string, nowMs: number): Expired {
  const living = livingSecrets(secrets, nowMs);
  if (!living.some((one) => one.id === id)) return { ok: false, why: "unknown" };
  const rest = living.filter((one) => one.id !== id);
  if (rest.length === 0) return { ok: false, why: "last" };
  const [newest, ...others] = rest;
  // Without the one that ended it, the next one is the newest and does not end.
  if (newest === undefined || !rest.every((one) => one.expiresAt !== undefined)) return { ok: true, secrets: rest };
  const { expiresAt: _, ...lasting } = newest;
  return { ok: true, secrets: [lasting, ...others] };
}
