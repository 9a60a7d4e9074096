// A profile made ready for rendering: its templates compiled once.
import type { Spelling } from "./percent.ts";
import { compileEnvelope, compileText } from "./profile-template.ts";
import type { ProfileTemplate } from "./profile-template.ts";
import type { ProfileVariable } from "./profile-variables.ts";
import type { HmacSignature, MessageSignature, Profile, StandardSignature } from "./profile-form.ts";

export type CompiledHmac = HmacSignature & {
  prefix: string;
  contentTemplate: ProfileTemplate;
  leadTemplate: ProfileTemplate;
};
export type CompiledSignature = CompiledHmac | StandardSignature | MessageSignature;

export type Compiled = {
  envelope: ProfileTemplate;
  headers: readonly (readonly [name: string, template: ProfileTemplate])[];
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

/** How the values of users are written in a header of a profile. */
export function spellingOf({ cloudevents }: Profile, header: string): Spelling {
  return cloudevents === "binary" && /^ce-/i.test(header) ? "attribute" : "header";
}

function compile(profile: Profile): Compiled {
  const headers = Object.entries(profile.headers).map(([name, text]) => [name, compileText(text)] as const);
  const signatures: CompiledSignature[] = [];
  const fields: Compiled["fields"] = [];
  for (const signature of profile.signatures) {
    if (signature.kind !== "hmac") {
      signatures.push(signature);
      continue;
    }
    const leadTemplate = withSpelling(compileText(signature.lead ?? ""), () => "lead");
    const ready = {
      prefix: signature.prefix ?? "",
      contentTemplate: withSpelling(compileText(signature.content), readableIn(profile, headers, leadTemplate)),
      leadTemplate,
    };
    if ("field" in signature) fields.push({ ...signature, ...ready });
    else signatures.push({ ...signature, ...ready });
  }
  return {
    envelope: compileEnvelope(profile.envelope),
    headers,
    signatures,
    fields,
  };
}

/** A receiver makes what was signed out of what it can read: a variable is signed as it is written where it reads it. */
function readableIn(
  profile: Profile,
  headers: readonly (readonly [name: string, template: ProfileTemplate])[],
  lead: ProfileTemplate,
): (variable: ProfileVariable) => Spelling {
  const isLed = (variable: ProfileVariable): boolean =>
    lead.some((part) => "variable" in part && part.variable === variable);
  return (variable) => {
    if (isLed(variable)) return "lead";
    const place = headers.findLast(
      ([, [part, ...more]]) => part !== undefined && "variable" in part && part.variable === variable && !more.length,
    );
    return place === undefined ? "header" : spellingOf(profile, place[0]);
  };
}

function withSpelling(template: ProfileTemplate, spelling: (variable: ProfileVariable) => Spelling): ProfileTemplate {
  return template.map((part) =>
    "variable" in part && part.variable !== "body" ? { ...part, as: spelling(part.variable) } : part,
  );
}
