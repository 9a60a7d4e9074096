// What exactly would a delivery in a profile look like? Its bytes and headers, built and signed, and nothing sent or saved.
import { buildDelivery } from "../delivery/build.ts";
import {
  checkProfile,
  profileIdSchema,
  profileSchema,
  readProfile,
  type Profile,
  type ProfileInput,
} from "../delivery/profile.ts";
import { checkSecret, newSecretFor } from "../delivery/secret.ts";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { AppError } from "../model/errors.ts";
import { trialEventSchema } from "../model/event.ts";
import { newId, type TenantId } from "../model/ids.ts";
import type { Json, JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import type { ApiDeps } from "./deps.ts";
import { jsonBody, route, type Route } from "./route.ts";

type PreviewEvent = { type: string; data: Json; id?: string; occurredAt?: string };
type Source = { profile: string } | { profileDocument: ProfileInput };
type Preview = Source & { event?: PreviewEvent; secret?: string; url?: string; attempt?: number; also?: string[] };
type Deps = Pick<ApiDeps, "profiles">;

const bodySchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    profile: { ...profileIdSchema, description: "A shipped profile, or one of your own." },
    profileDocument: profileSchema,
    event: { ...trialEventSchema, description: "One that stands in, unless given." },
    secret: {
      type: "string",
      minLength: 1,
      maxLength: 1_000,
      description: "A new one unless given: the answer shows it.",
    },
    url: {
      type: "string",
      minLength: 1,
      maxLength: 2_048,
      description: "Of the receiver, for signatures that cover it.",
    },
    attempt: { type: "integer", minimum: 1, maximum: 50, default: 1 },
    also: {
      type: "array",
      maxItems: 3,
      items: profileIdSchema,
      description: "Profiles whose signatures are sent beside.",
    },
  },
  oneOf: [{ required: ["profile"] }, { required: ["profileDocument"] }],
};
const checkShape = createSchemaCheck(bodySchema);

const sample: PreviewEvent = { type: "order.created", data: { id: "ord_1", total: 250 } };

export function previewRoute({ profiles }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/profiles/preview",
    scope: "endpoints:read",
    tag: "Profiles",
    summary: "The exact headers and body of a delivery in a profile: nothing is saved or sent",
    description: "With `profileDocument`, a profile that is not saved yet.",
    body: jsonBody<Preview>(bodySchema, { check: checkPreview, invalidCode: "profile.invalid" }),
    responses: {
      200: {
        description: "What would be sent, and the secret that it is signed with.",
        schema: {
          type: "object",
          required: ["headers", "body", "secret"],
          properties: {
            headers: { type: "object", additionalProperties: { type: "string" } },
            body: { type: "string", description: "Its text: the bytes are this in UTF-8." },
            secret: { type: "string" },
          },
        },
      },
    },
    async handler({ tenantId, body }) {
      const profile = await profileOf(profiles, tenantId, body);
      const also = await Promise.all(
        (body.also ?? []).map((id, index) => found(profiles, tenantId, id, `/also/${index}`)),
      );
      return { status: 200, body: previewed(profile, also, tenantId, body) };
    },
  });
}

/** Everything that is wrong with a document, beside what is wrong with the request. */
function checkPreview(value: unknown): Finding[] {
  const findings = checkShape(value);
  if (findings.length > 0) return findings;
  const preview = value as Preview; // The schema has let it through.
  if (!("profileDocument" in preview)) return [];
  return checkProfile(preview.profileDocument).map((one) => ({ ...one, pointer: `/profileDocument${one.pointer}` }));
}

function previewed(profile: Profile, also: Profile[], tenantId: TenantId, preview: Preview) {
  const nowMs = Date.now();
  const { event = sample, attempt = 1, url = "https://receiver.example.com/webhooks" } = preview;
  const all = [profile, ...also];
  const secret = preview.secret ?? newSecretFor({ signatures: all.flatMap(({ signatures }) => signatures) });
  const [fault] = all.flatMap((one) => checkSecret(secret, one));
  if (fault !== undefined) throw invalid({ ...fault, pointer: "/secret" });
  const { id = newId("evt", nowMs), type, occurredAt = new Date(nowMs).toISOString(), data } = event;
  const built = buildDelivery(profile, {
    deliveryId: newId("dlv", nowMs),
    configurationId: newId("ep", nowMs),
    tenantId,
    attempt,
    willRetry: true,
    event: { id, type, occurredAt, dataText: JSON.stringify(data) },
    secrets: [secret],
    nowMs,
    url,
    also,
  });
  if (!built.ok) throw invalid({ pointer: "", code: built.code, message: built.message });
  return { headers: built.headers, body: built.body, secret };
}

async function profileOf(profiles: Deps["profiles"], tenantId: TenantId, preview: Preview): Promise<Profile> {
  if ("profileDocument" in preview) return readProfile(preview.profileDocument);
  return found(profiles, tenantId, preview.profile, "/profile");
}

async function found(profiles: Deps["profiles"], tenantId: TenantId, id: string, pointer: string): Promise<Profile> {
  const profile = await profiles.find(tenantId, id);
  if (profile !== undefined) return profile;
  throw invalid({ pointer, code: "value", message: `There is no profile \`${id}\`.` });
}

function invalid(finding: Finding): AppError {
  const detail = "Nothing can be built with this: `errors` says where and why.";
  return new AppError("profile.invalid", { detail, errors: [finding] });
}
