// What does an HMAC signature of a profile say? One for each secret, or for the newest only.
import type { CompiledHmac } from "./compiled.ts";
import { refuse } from "./input.ts";
import type { Refusal } from "./input.ts";
import { renderText } from "./profile-template.ts";
import type { Scene } from "./profile-variables.ts";
import type { StandardSignature } from "./profile-form.ts";
import { sign, signAsymmetric, signingKey } from "./sign.ts";

export type SignatureText = { ok: true; value: string } | Refusal;

/** The text of a `hmac` signature over a scene that has its body. */
export function hmacOf(signature: CompiledHmac, scene: Scene, secrets: readonly string[]): SignatureText {
  const used = signature.separator === undefined ? secrets.slice(0, 1) : secrets;
  const content = renderText(signature.contentTemplate, scene);
  const signatures: string[] = [];
  for (const secret of used) {
    const read = signingKey(secret, signature.secretForm);
    if (!read.ok) return read;
    if (read.kind === "ed25519") return refuse("secret", "An ed25519 secret cannot sign where an HMAC is asked for.");
    signatures.push(`${signature.prefix}${sign(content, read.key, signature.algorithm, signature.encoding)}`);
  }
  if (signatures.length === 0) return unsigned();
  return { ok: true, value: renderText(signature.leadTemplate, scene) + signatures.join(signature.separator) };
}

/** The text of a Standard Webhooks signature: `v1` and `v1a`, one for each secret. */
export function standardOf(_signature: StandardSignature, scene: Scene, secrets: readonly string[]): SignatureText {
  if (scene.deliveryId.includes(".")) {
    return refuse("id", "Standard Webhooks signs `id.time.body`: the delivery's id cannot hold a point.");
  }
  const content = `${scene.deliveryId}.${Math.floor(scene.nowMs / 1000)}.${scene.body ?? ""}`;
  let value = "";
  for (const secret of secrets) {
    const read = signingKey(secret, "whsec");
    if (!read.ok) return read;
    if (value !== "") value += " ";
    value += read.kind === "hmac" ? `v1,${sign(content, read.key)}` : `v1a,${signAsymmetric(content, read.key)}`;
  }
  return value === "" ? unsigned() : { ok: true, value };
}

export function unsigned(): Refusal {
  return refuse("secret", "There is no signing secret, and no webhook goes out unsigned.");
}
