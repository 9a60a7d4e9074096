// Is a profile that somebody wrote a good one? Its form, what its templates name, and what does not go together.
import { parseDuration } from "../flow/duration.ts";
import { checkRetry } from "../flow/retry.ts";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import type { Json } from "../model/json.ts";
import { childPointer, type Finding } from "../model/problem.ts";
import { formType, mediaTypeOf } from "./body.ts";
import { headersOfSignature } from "./build.ts";
import { isReservedHeader } from "./header.ts";
import { compileEnvelope, compileText, TemplateFault } from "./profile-template.ts";
import type { ProfileTemplate } from "./profile-template.ts";
import { profileDefaults, profileSchema } from "./profile-form.ts";
import type { Profile, ProfileInput, ProfileSignature } from "./profile-form.ts";

export { profileIdSchema, profileSchema } from "./profile-form.ts";
export type { AnswerRules, Profile, ProfileInput } from "./profile-form.ts";

/** Longest envelope, as JSON text, in characters. */
const envelopeCharsMax = 16_384;

const checkForm = createSchemaCheck(profileSchema);

/** Everything that is wrong with a profile as a person wrote it; pointers begin at the profile. */
export function checkProfile(value: unknown): Finding[] {
  const findings: Finding[] = checkForm(value).map(({ keyword: _, ...finding }) => finding);
  if (findings.length > 0) return findings;
  const profile = value as ProfileInput; // Its form is that of the schema.
  return [
    ...checkEnvelope(profile),
    ...checkHeaderTemplates(profile),
    ...profile.signatures.flatMap((signature, index) => checkSignature(profile, signature, `/signatures/${index}`)),
    ...checkHeaderNames(profile),
    ...checkNumbers(profile),
  ];
}

/** A profile with its defaults. Throws a TypeError that names the first place that is wrong. */
export function readProfile(value: unknown): Profile {
  const [first] = checkProfile(value);
  if (first !== undefined) throw new TypeError(`The profile is not valid at "${first.pointer}": ${first.message}`);
  const profile = value as ProfileInput; // It has just been checked.
  return { ...profileDefaults, ...profile, answers: { ...profileDefaults.answers, ...profile.answers } };
}

function checkEnvelope(profile: ProfileInput): Finding[] {
  const at = "/envelope";
  if (JSON.stringify(profile.envelope).length > envelopeCharsMax) {
    return [finding(at, "range", `The envelope is longer than ${envelopeCharsMax} characters.`)];
  }
  const compiled = compiledAt(at, () => compileEnvelope(profile.envelope));
  if ("pointer" in compiled) return [compiled];
  const findings: Finding[] = [];
  if (compiled.filter((part) => "data" in part).length > 1) {
    findings.push(finding(at, "template", "The data stands in the envelope once at most."));
  }
  if (names(compiled, "body")) findings.push(finding(at, "template", "{{body}} is for signatures: this is the body."));
  const types = [profile.contentType ?? profileDefaults.contentType, ...(profile.otherContentTypes ?? [])];
  if (
    types.some((type) => mediaTypeOf(type) === formType) &&
    !isObject(profile.envelope) &&
    profile.dataForm !== "object"
  ) {
    findings.push(
      finding(at, "form", 'A form has names: the envelope has to be an object, or "dataForm" be "object".'),
    );
  }
  return findings;
}

function checkHeaderTemplates(profile: ProfileInput): Finding[] {
  return Object.entries(profile.headers ?? {}).flatMap(([name, template]) =>
    checkText(childPointer("/headers", name), template, false),
  );
}

function checkSignature(profile: ProfileInput, signature: ProfileSignature, at: string): Finding[] {
  if (signature.kind === "standard-webhooks") return checkStandard(profile, at);
  if (signature.kind === "http-message") return checkComponents(profile, signature.components, at);
  const findings = checkText(`${at}/content`, signature.content, true);
  if (!/\{\{ *body *\}\}/.test(signature.content)) {
    findings.push(finding(`${at}/content`, "template", "What is signed has to name {{body}}: nothing else binds it."));
  }
  if (signature.lead !== undefined) {
    findings.push(...checkText(`${at}/lead`, signature.lead, false));
    if (signature.lead.endsWith("}}")) {
      findings.push(
        finding(`${at}/lead`, "form", "The lead has to end with text: a receiver could not see where it ends."),
      );
    }
  }
  if ("header" in signature && "field" in signature) {
    findings.push(finding(at, "form", "A signature stands in a `header` or in a `field` of the body, not in both."));
  }
  for (const name of ["prefix", "separator"] as const) {
    if (!/^[\x20-\x7e]*$/.test(signature[name] ?? "")) {
      findings.push(finding(`${at}/${name}`, "format", "This holds printable ASCII characters only."));
    }
  }
  return "field" in signature ? [...findings, ...checkField(profile, signature.field, `${at}/field`)] : findings;
}

/** A receiver reads the signed id and time from headers of their own. */
function checkStandard(profile: ProfileInput, at: string): Finding[] {
  const templates = Object.values(profile.headers ?? {}).map((template) => template.replaceAll(" ", ""));
  return ["{{deliveryId}}", "{{unixSeconds}}"]
    .filter((needed) => !templates.includes(needed))
    .map((needed) =>
      finding(at, "required", `Standard Webhooks needs a header that is ${needed} alone, like "webhook-id".`),
    );
}

function checkField(profile: ProfileInput, field: string, at: string): Finding[] {
  const { envelope, signatures } = profile;
  const [first] = signatures.filter((signature) => "field" in signature);
  if (first !== undefined && at !== `/signatures/${signatures.indexOf(first)}/field`) {
    return [
      finding(at, "form", "One signature can stand in the body: it is the last member, so that it can be taken out."),
    ];
  }
  if (!isObject(envelope)) {
    return [finding(at, "form", "A signature in the body needs an envelope that is an object.")];
  }
  return Object.hasOwn(envelope, field)
    ? [finding(at, "value", `The envelope has a member "${field}" already: the signature is put in as the last one.`)]
    : [];
}

/** Every covered header has to be one that each delivery has. */
function checkComponents(profile: ProfileInput, components: readonly string[], at: string): Finding[] {
  const sent = new Set(
    ["content-type", "content-digest", ...Object.keys(profile.headers ?? {})].map((name) => name.toLowerCase()),
  );
  for (const signature of profile.signatures) {
    if (signature.kind === "http-message") break;
    for (const name of headersOfSignature(signature)) sent.add(name.toLowerCase());
  }
  const findings = components.flatMap((component, index) =>
    component.startsWith("@") || sent.has(component)
      ? []
      : [
          finding(
            `${at}/components/${index}`,
            "value",
            `No header "${component}" is set before this signature is made.`,
          ),
        ],
  );
  return components.includes("content-digest")
    ? findings
    : [
        ...findings,
        finding(`${at}/components`, "value", 'The list needs "content-digest": nothing else binds the body.'),
      ];
}

/** Case makes no difference between names, and those of the connection cannot be set. */
function checkHeaderNames(profile: ProfileInput): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>(["content-type"]);
  const look = (name: string, pointer: string): void => {
    const lower = name.toLowerCase();
    if (isReservedHeader(lower)) {
      findings.push(finding(pointer, "header.denied", `The header "${lower}" is set by the connection.`));
    } else if (seen.has(lower)) {
      findings.push(
        finding(pointer, "header.duplicate", `The header "${lower}" is set twice; case makes no difference.`),
      );
    }
    seen.add(lower);
  };
  for (const name of Object.keys(profile.headers ?? {})) look(name, childPointer("/headers", name));
  profile.signatures.forEach((signature, index) => {
    for (const name of headersOfSignature(signature)) look(name, `/signatures/${index}`);
  });
  return findings;
}

function checkNumbers(profile: ProfileInput): Finding[] {
  const retry = profile.retry === undefined ? [] : checkRetry(profile.retry);
  const findings = retry.map((one) => ({ ...one, pointer: `/retry${one.pointer}` }));
  const per = profile.rateLimit === undefined ? 1 : parseDuration(profile.rateLimit.per);
  if (per === undefined || per === 0) {
    findings.push(finding("/rateLimit/per", "range", "The time of a rate limit is from 1ms to 365d."));
  }
  return findings;
}

function checkText(at: string, template: string, signed: boolean): Finding[] {
  const compiled = compiledAt(at, () => compileText(template));
  if ("pointer" in compiled) return [compiled];
  if (!signed && names(compiled, "body")) {
    return [finding(at, "template", "{{body}} can stand in what is signed only.")];
  }
  // What is written by hand is sent as it stands; what variables hold is encoded.
  return !signed && compiled.some((part) => "text" in part && !/^[\t\x20-\x7e]*$/.test(part.text))
    ? [finding(at, "format", "A header holds printable ASCII characters only.")]
    : [];
}

function compiledAt(at: string, compile: () => ProfileTemplate): ProfileTemplate | Finding {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    return finding(`${at}${error.pointer}`, "template", error.message);
  }
}

function names(template: ProfileTemplate, variable: string): boolean {
  return template.some((part) => "variable" in part && part.variable === variable);
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function finding(pointer: string, code: string, message: string): Finding {
  return { pointer, code, message };
}
