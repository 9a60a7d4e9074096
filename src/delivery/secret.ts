// Which secrets can a profile sign with, and what does a new one look like?
import type { Finding } from "../model/problem.ts";
import { newPrivateKey } from "./ed25519.ts";
import type { Profile } from "./profile-form.ts";
import { newWebhookSecret, signingKey } from "./sign.ts";

export type SecretKind = "hmac" | "ed25519";

/** Longest secret, in characters. */
const secretCharsMax = 1_000;

/** The kinds of secrets that every signature of a profile can be made with. */
export function secretKindsOf({ signatures }: Pick<Profile, "signatures">): readonly SecretKind[] {
  return signatures.some((one) => one.kind === "hmac" || !takesStandard(one)) ? ["hmac"] : ["hmac", "ed25519"];
}

/**
 * What is wrong with a secret for a profile's signatures; nothing when all of them can be made with it. The findings hold
 * nothing of the secret.
 */
export function checkSecret(secret: string, { signatures }: Pick<Profile, "signatures">): Finding[] {
  if (secret.length > secretCharsMax) {
    return [{ pointer: "", code: "secret", message: `The secret is longer than ${secretCharsMax} characters.` }];
  }
  for (const signature of signatures) {
    const read = signingKey(secret, takesStandard(signature) ? "whsec" : "text");
    if (!read.ok) return [{ pointer: "", code: "secret", message: read.message }];
    if (read.kind === "ed25519" && signature.kind === "hmac") {
      const message = 'This profile signs by HMAC: the secret has to be "whsec_" followed by base64.';
      return [{ pointer: "", code: "secret", message }];
    }
  }
  return [];
}

/**
 * A new secret for a profile. That of kind `hmac` is `whsec_…` for every profile: those whose secrets are text take the
 * whole of it, so that a Standard Webhooks signature can be sent beside theirs with the same secret.
 * @throws RangeError for a kind that is not in `secretKindsOf`
 */
export function newSecretFor(profile: Pick<Profile, "signatures">, kind: SecretKind = "hmac"): string {
  if (!secretKindsOf(profile).includes(kind))
    throw new RangeError(`This profile cannot sign with secrets of kind ${kind}.`);
  return kind === "hmac" ? newWebhookSecret() : newPrivateKey();
}

function takesStandard(signature: Profile["signatures"][number]): boolean {
  return signature.kind === "standard-webhooks" || signature.secretForm === "whsec";
}
