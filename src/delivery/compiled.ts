// A profile made ready for rendering: its templates compiled once.
import { compileEnvelope, compileText } from "./profile-template.ts";
import type { ProfileTemplate } from "./profile-template.ts";
import type { HmacSignature, MessageSignature, Profile, StandardSignature } from "./profile-form.ts";

export type CompiledHmac = HmacSignature & {
  prefix: string;
  contentTemplate: ProfileTemplate;
  leadTemplate: ProfileTemplate;
};
export type CompiledSignature = CompiledHmac | StandardSignature | MessageSignature;

export type Compiled = {
  envelope: ProfileTemplate;
  headers: [name: string, template: ProfileTemplate][];
  /** Signatures in headers, in the profile's order. */
  signatures: CompiledSignature[];
  /** Signatures that are members of the body. */
  fields: (CompiledHmac & { field: string })[];
};

const compiledByProfile = new WeakMap<Profile, Compiled>();

/** Compiled at first use and kept as long as the profile itself. Throws TemplateFault for what `checkProfile` refuses. */
export function compiledOf(profile: Profile): Compiled {
  let compiled = compiledByProfile.get(profile);
  if (compiled === undefined) {
    compiled = compile(profile);
    compiledByProfile.set(profile, compiled);
  }
  return compiled;
}

function compile(profile: Profile): Compiled {
  const signatures: CompiledSignature[] = [];
  const fields: Compiled["fields"] = [];
  for (const signature of profile.signatures) {
    if (signature.kind !== "hmac") {
      signatures.push(signature);
      continue;
    }
    const ready = {
      prefix: signature.prefix ?? "",
      contentTemplate: compileText(signature.content),
      leadTemplate: compileText(signature.lead ?? ""),
    };
    if ("field" in signature) fields.push({ ...signature, ...ready });
    else signatures.push({ ...signature, ...ready });
  }
  return {
    envelope: compileEnvelope(profile.envelope),
    headers: Object.entries(profile.headers).map(([name, template]) => [name, compileText(template)]),
    signatures,
    fields,
  };
}
