// How do tenants write dialects of their own? Profiles: listed beside those that Millrace ships, made, replaced, taken away.
import { checkProfile, profileIdSchema, profileSchema, readProfile, type ProfileInput } from "../delivery/profile.ts";
import { findProfile, profileIds } from "../delivery/profiles.ts";
import { findMisfit } from "../endpoint/check-profile-use.ts";
import { AppError } from "../model/errors.ts";
import type { TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import type { Page, PageRequest } from "../store/page.ts";
import type { StoredProfile } from "../store/profiles.ts";
import type { ApiDeps } from "./deps.ts";
import { requireIfMatch, revisionTag, stale } from "./precondition.ts";
import { previewRoute } from "./profile-preview.ts";
import { listSchema, pageAnswer, pageOf, pageQuery } from "./query.ts";
import { jsonBody, route, type Answer, type Route } from "./route.ts";

const tag = "Profiles";

const rowProperties: { [name: string]: JsonSchema } = {
  id: profileIdSchema,
  title: { type: "string" },
  description: { type: "string" },
  shipped: { type: "boolean", description: "Whether Millrace ships it: those cannot be changed." },
  createdAt: { type: "string", format: "date-time" },
  updatedAt: { type: "string", format: "date-time" },
};
const rowSchema: JsonSchema = {
  title: "ProfileRow",
  type: "object",
  required: ["id", "title", "shipped"],
  properties: rowProperties,
};
const viewSchema: JsonSchema = {
  title: "ProfileView",
  type: "object",
  required: ["id", "title", "shipped", "profile"],
  properties: { ...rowProperties, profile: profileSchema },
};
const profileResponse = { description: "The profile, with its ETag where it is your own.", schema: viewSchema };
const profileBody = () =>
  jsonBody<ProfileInput>(profileSchema, { check: checkProfile, invalidCode: "profile.invalid" });

type Deps = Pick<ApiDeps, "store" | "profiles" | "vault" | "log">;

export function profileRoutes(deps: Deps): Route[] {
  return [
    previewRoute(deps),
    listRoute(deps),
    createRoute(deps),
    readRoute(deps),
    replaceRoute(deps),
    removeRoute(deps),
  ];
}

function listRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/profiles",
    scope: "endpoints:read",
    tag,
    summary: "List profiles: your own, newest first, then those that Millrace ships",
    query: pageQuery,
    responses: { 200: { description: "A page.", schema: listSchema(rowSchema) } },
    async handler({ tenantId, query }) {
      const page = await listedProfiles(store.profiles, tenantId, pageOf(query, "prof"));
      return pageAnswer(page.items, page.nextCursor);
    },
  });
}

function createRoute({ store, profiles, log }: Deps): Route {
  return route({
    method: "post",
    path: "/v1/profiles",
    scope: "endpoints:write",
    tag,
    summary: "Save a profile of your own",
    description: "Endpoints name it by its `id`, which stays. What it leaves out is as the schema's defaults say.",
    body: profileBody(),
    responses: { 201: { ...profileResponse, etag: true } },
    async handler({ tenantId, keyId, body, newId }) {
      const { id, title } = body;
      if (findProfile(id) !== undefined) throw taken(`Millrace ships a profile \`${id}\`: choose another id.`);
      const document = JSON.stringify(body);
      const made = await store.profiles.create(tenantId, newId("prof"), { slug: id, title, document });
      if (made === "slug_taken")
        throw taken(`You have a profile \`${id}\` already: replace it by PUT, or choose another id.`);
      await profiles.changed(made._id);
      log.info({ tenantId, keyId, profile: id }, "a profile was made");
      return ownAnswer(made, 201, { location: `/v1/profiles/${id}` });
    },
  });
}

function readRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: "/v1/profiles/{id}",
    scope: "endpoints:read",
    tag,
    summary: "A profile, your own or a shipped one",
    responses: { 200: profileResponse },
    async handler({ tenantId, params }) {
      const shipped = findProfile(params.id);
      if (shipped !== undefined) return { status: 200, body: { ...shippedRow(shipped.id), profile: shipped } };
      return ownAnswer(await findOwn(store, tenantId, params.id));
    },
  });
}

function replaceRoute({ store, profiles, vault, log }: Deps): Route {
  return route({
    method: "put",
    path: "/v1/profiles/{id}",
    scope: "endpoints:write",
    tag,
    summary: "Replace a profile of your own",
    description:
      "Endpoints that use it send by the new one from the next attempt on. Refused with 409 when one of them could not.",
    headers: {
      "if-match": "The profile's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it.",
    },
    body: profileBody(),
    responses: { 200: profileResponse },
    async handler({ tenantId, keyId, params, body, headers }) {
      const seen = await findOwn(store, tenantId, params.id);
      const revision = requireIfMatch(headers, seen.revision, "profile");
      if (body.id !== seen.slug) throw invalidProfile([otherId]);
      const misfit = await findMisfit({ ...store, vault }, tenantId, readProfile(body));
      if (misfit !== undefined) {
        throw taken(
          `The endpoint \`${misfit.endpointId}\` could not use the profile any more: ${misfit.message}. Change it first.`,
        );
      }
      const next = { title: body.title, document: JSON.stringify(body) };
      const change = await store.profiles.replace(tenantId, seen.slug, revision, next);
      if (change.outcome !== "changed") throw change.outcome === "stale" ? stale("profile") : unknownProfile();
      await profiles.changed(change.profile._id);
      log.info({ tenantId, keyId, profile: seen.slug }, "a profile was replaced");
      return ownAnswer(change.profile);
    },
  });
}

function removeRoute({ store, profiles, log }: Deps): Route {
  return route({
    method: "delete",
    path: "/v1/profiles/{id}",
    scope: "endpoints:write",
    tag,
    summary: "Take a profile of your own away",
    description: "Refused with 409 while endpoints use it, also beside another one.",
    responses: { 204: { description: "It is gone." } },
    async handler({ tenantId, keyId, params }) {
      const seen = await findOwn(store, tenantId, params.id);
      if (await store.endpoints.usesProfile(tenantId, seen.slug)) {
        throw taken(
          `Endpoints use the profile \`${seen.slug}\`: \`GET /v1/endpoints?profile=${seen.slug}\` lists them.`,
        );
      }
      if (!(await store.profiles.remove(tenantId, seen.slug))) throw unknownProfile();
      await profiles.changed(seen._id);
      log.info({ tenantId, keyId, profile: seen.slug }, "a profile was taken away");
      return { status: 204 };
    },
  });
}

/** A place among the shipped ones, in the form of an id that is older than every profile that was ever made. */
const shippedCursor = /^prof_0{16}(\d{6})$/;
const cursorAt = (index: number) => `prof_${String(index).padStart(22, "0")}`;

async function listedProfiles(
  own: Deps["store"]["profiles"],
  tenantId: TenantId,
  page: PageRequest,
): Promise<Page<object>> {
  const place = shippedCursor.exec(page.cursor ?? "")?.[1];
  const found = place === undefined ? await own.list(tenantId, page) : { items: [], nextCursor: undefined };
  const rows = found.items.map(ownRow);
  if (found.nextCursor !== undefined) return { items: rows, nextCursor: found.nextCursor };
  const start = Number(place ?? 0);
  const end = start + page.limit - rows.length;
  const items = [...rows, ...profileIds.slice(start, end).map(shippedRow)];
  return { items, nextCursor: end < profileIds.length ? cursorAt(end) : undefined };
}

function shippedRow(id: string) {
  const { title = id, description } = findProfile(id) ?? {};
  return { id, title, ...(description === undefined ? {} : { description }), shipped: true };
}

function ownRow({ slug, title, document, createdAt, updatedAt }: StoredProfile) {
  const { description } = documentOf({ document });
  return {
    id: slug,
    title,
    ...(description === undefined ? {} : { description }),
    shipped: false,
    createdAt,
    updatedAt,
  };
}

function ownAnswer(own: StoredProfile, status = 200, headers: Answer["headers"] = {}): Answer {
  return { status, body: { ...ownRow(own), profile: documentOf(own) }, etag: revisionTag(own.revision), headers };
}

/** As it was given: it was checked before it was stored. */
function documentOf({ document }: Pick<StoredProfile, "document">): ProfileInput {
  return JSON.parse(document) as ProfileInput;
}

async function findOwn({ profiles }: Pick<Deps["store"], "profiles">, tenantId: TenantId, id: string) {
  if (findProfile(id) !== undefined) {
    throw taken(`Millrace ships the profile \`${id}\`, which cannot be changed: save a copy under another id.`);
  }
  const own = await profiles.find(tenantId, id);
  if (own === undefined) throw unknownProfile();
  return own;
}

const otherId: Finding = {
  pointer: "/id",
  code: "value",
  message: "The id of a profile stays: endpoints name it by it. Save a new one for another id.",
};

function invalidProfile(errors: Finding[]): AppError {
  return new AppError("profile.invalid", { detail: "The profile is not valid: `errors` says where and why.", errors });
}

function taken(detail: string): AppError {
  return new AppError("state.conflict", { detail });
}

function unknownProfile(): AppError {
  return new AppError("resource.not_found", { detail: "There is no profile with this id." });
}
