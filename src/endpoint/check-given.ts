// May these settings be saved? By themselves, and by what they name: addresses, profiles, and secrets that stand sealed already.
import type { AddressPolicy } from "../delivery/address.ts";
import { buildDelivery, profileHeaderNames } from "../delivery/build.ts";
import { checkHeaders, deliveryHeaderNames } from "../delivery/header.ts";
import type { Profile } from "../delivery/profile.ts";
import type { CheckReach } from "../delivery/reach.ts";
import { didYouMean } from "../flow/suggest.ts";
import { endpointDefaults, type EndpointCredentials, type EndpointSettings } from "../model/endpoint.ts";
import type { EndpointGiven } from "../model/endpoint-given.ts";
import type { TenantId } from "../model/ids.ts";
import type { Finding } from "../model/problem.ts";
import { contentFindings } from "./check-content.ts";
import { checkShape } from "./check-shape.ts";
import type { Profiles } from "./profiles.ts";
import { markFindings, withMarks } from "./secret-headers.ts";
import { kindsOf, livingSecrets, newSecret, secretFault } from "./secrets.ts";

export type CheckDeps = {
  policy: AddressPolicy;
  reach: CheckReach;
  profiles: Pick<Profiles, "find" | "idsOf">;
  nowMs(): number;
};

/** What the endpoint had before, when there was one. */
export type Before = { settings: EndpointSettings; credentials: EndpointCredentials };

export type Checked =
  | {
      ok: true;
      given: EndpointGiven;
      settings: EndpointSettings;
      /** The profile first, then those that sign beside. */
      profiles: Profile[];
      warnings: Finding[];
    }
  | { ok: false; findings: Finding[]; warnings: Finding[] };

/** Everything that is wrong at once. Findings point into what was given, and hold no secret. */
export async function checkGiven(
  deps: CheckDeps,
  tenantId: TenantId,
  value: unknown,
  before?: Before,
): Promise<Checked> {
  const shape = checkShape(value, deps.policy, deps.nowMs());
  if (shape.length > 0) return { ok: false, findings: shape, warnings: [] };
  // Safe: the schema found nothing in it.
  const given = value as EndpointGiven;
  const { errors, warnings } = contentFindings(withSealedKey(given, before), deps.nowMs());
  const [addresses, named] = await Promise.all([
    checkAddresses(deps.reach, given),
    findProfiles(deps, tenantId, given),
  ]);
  errors.push(...addresses.errors, ...named.errors, ...sealedFindings(given, before), ...markFindings(given, before));
  warnings.push(...addresses.warnings);
  if (named.errors.length === 0) errors.push(...profileFindings(given, named.profiles, before, deps.nowMs()));
  // Last, since it needs all of them to be good.
  if (errors.length === 0) errors.push(...sampleFindings(given, named.profiles, deps.nowMs()));
  if (errors.length > 0) return { ok: false, findings: errors, warnings };
  return { ok: true, given, settings: settingsOfGiven(given), profiles: named.profiles, warnings };
}

/** What is stored openly of what was given. */
function settingsOfGiven(given: EndpointGiven): EndpointSettings {
  const { secret: _, secretKind: _kind, enabled: __, tls, oauth2, profile = endpointDefaults.profile, ...rest } = given;
  const settings: EndpointSettings = { ...rest, profile };
  if (tls !== undefined) {
    const { key: ___, ...shown } = tls;
    settings.tls = shown;
  }
  if (oauth2 !== undefined) {
    const { clientSecret: ____, ...shown } = oauth2;
    settings.oauth2 = shown;
  }
  return withMarks(settings);
}

/** A certificate without its key is judged with the key that is kept. */
function withSealedKey(given: EndpointGiven, before: Before | undefined): EndpointGiven {
  const key = given.tls?.key ?? before?.credentials.tlsKey;
  return given.tls === undefined || key === undefined ? given : { ...given, tls: { ...given.tls, key } };
}

/** Secrets that are needed and stand nowhere. One that is kept goes to no other address than the one it was given for. */
function sealedFindings({ tls, oauth2 }: EndpointGiven, before: Before | undefined): Finding[] {
  const findings: Finding[] = [];
  if (tls !== undefined && tls.key === undefined && before?.credentials.tlsKey === undefined) {
    findings.push({
      pointer: "/tls/key",
      code: "required",
      message: "`key` is missing: the certificate's private key.",
    });
  }
  if (oauth2 !== undefined && oauth2.clientSecret === undefined) {
    const known = before?.credentials.clientSecret !== undefined;
    const pointer = "/oauth2/clientSecret";
    if (!known) findings.push({ pointer, code: "required", message: "`clientSecret` is missing." });
    else if (before.settings.oauth2?.tokenUrl !== oauth2.tokenUrl) {
      const message =
        "With another `tokenUrl` the `clientSecret` has to be given again: it is not sent elsewhere by itself.";
      findings.push({ pointer, code: "required", message });
    }
  }
  return findings;
}

async function checkAddresses(reach: CheckReach, { url, oauth2 }: EndpointGiven) {
  const given: [pointer: string, text: string][] = [["/url", url]];
  if (oauth2 !== undefined) given.push(["/oauth2/tokenUrl", oauth2.tokenUrl]);
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  for (const [pointer, reached] of await Promise.all(
    given.map(async ([at, text]) => [at, await reach(text)] as const),
  )) {
    if (!reached.ok) errors.push({ pointer, code: reached.code, message: reached.message });
    else if (reached.unresolvable) {
      const message = `The name \`${reached.url.hostname}\` has no address at the moment: requests fail until it has one.`;
      warnings.push({ pointer, code: "url.unresolvable", message });
    }
  }
  return { errors, warnings };
}

async function findProfiles(deps: CheckDeps, tenantId: TenantId, given: EndpointGiven) {
  const { profile = endpointDefaults.profile, also = [] } = given;
  const named: [pointer: string, id: string][] = [
    ["/profile", profile],
    ...also.map((id, index): [string, string] => [`/also/${index}`, id]),
  ];
  const errors: Finding[] = [];
  const profiles: Profile[] = [];
  for (const [pointer, id] of named) {
    const found = await deps.profiles.find(tenantId, id);
    if (found === undefined) errors.push(unknownProfile(pointer, id, deps.profiles.idsOf(tenantId)));
    else profiles.push(found);
  }
  for (const [index, id] of also.entries()) {
    if (id !== profile && also.indexOf(id) === index) continue;
    const message = `The profile \`${id}\` signs already: name it once.`;
    errors.push({ pointer: `/also/${index}`, code: "repeated", message });
  }
  return { errors, profiles };
}

function unknownProfile(pointer: string, id: string, known: string[]): Finding {
  const suggestion = didYouMean(id, known);
  const message = `There is no profile \`${id}\`. There are ${known.map((one) => `\`${one}\``).join(", ")}.`;
  return { pointer, code: "value", message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** What the profiles have to say: to headers, to the content type, and to the secrets that sign. */
function profileFindings(
  given: EndpointGiven,
  profiles: Profile[],
  before: Before | undefined,
  nowMs: number,
): Finding[] {
  const { headers, secret, oauth2 } = given;
  const findings = contentTypeFindings(given, profiles);
  if (headers !== undefined) {
    // The token's header is ours to set, as the signature's is.
    const token = oauth2 === undefined ? [] : ["authorization"];
    const reserved = [...deliveryHeaderNames, ...profiles.flatMap(profileHeaderNames), ...token];
    for (const finding of checkHeaders(headers, reserved)) {
      findings.push({ ...finding, pointer: `/headers${finding.pointer}` });
    }
  }
  findings.push(...kindFindings(given, profiles));
  if (typeof secret === "string") {
    const fault = secretFault(secret, profiles);
    if (fault !== undefined) findings.push({ pointer: "/secret", code: "secret", message: fault });
    return findings;
  }
  const unfit = livingSecrets(before?.credentials.secrets ?? [], nowMs).find((one) =>
    secretFault(one.secret, profiles),
  );
  if (unfit !== undefined) {
    const message = `The endpoint's secret \`${unfit.id}\` has not the form that this profile signs with. Rotate to one that has, with a grace period of \`0s\`, and change the profile then.`;
    findings.push({ pointer: "/profile", code: "secret", message });
  }
  return findings;
}

function kindFindings({ secret, secretKind }: EndpointGiven, profiles: Profile[]): Finding[] {
  if (secretKind === undefined) return [];
  const pointer = "/secretKind";
  if (typeof secret === "string") {
    return [{ pointer, code: "form", message: "This is for a secret that is made: leave it out beside `secret`." }];
  }
  const kinds = kindsOf(profiles);
  if (kinds.includes(secretKind)) return [];
  const message = `With these profiles it can be ${kinds.map((one) => `\`${one}\``).join(" or ")}.`;
  return [{ pointer, code: "value", message }];
}

/** What cannot be built now could not be built for any event: profiles that exclude each other, for one. */
function sampleFindings({ url, secret, secretKind }: EndpointGiven, profiles: Profile[], nowMs: number): Finding[] {
  const [profile, ...also] = profiles;
  if (profile === undefined) return [];
  const occurredAt = new Date(nowMs).toISOString();
  const built = buildDelivery(profile, {
    deliveryId: "dlv_sample",
    attempt: 1,
    willRetry: false,
    tenantId: "tnt_sample",
    event: { id: "evt_sample", type: "sample.event", occurredAt, dataText: "{}" },
    secrets: [secret ?? newSecret(profiles, secretKind)],
    nowMs,
    url,
    also,
  });
  if (built.ok) return [];
  return [{ pointer: also.length > 0 ? "/also" : "/profile", code: "value", message: built.message }];
}

function contentTypeFindings({ contentType }: EndpointGiven, [profile]: Profile[]): Finding[] {
  if (contentType === undefined || profile === undefined) return [];
  const known = [profile.contentType, ...(profile.otherContentTypes ?? [])];
  if (known.includes(contentType)) return [];
  const message = `The profile \`${profile.id}\` sends ${known.map((one) => `\`${one}\``).join(" or ")} only.`;
  return [{ pointer: "/contentType", code: "value", message }];
}
