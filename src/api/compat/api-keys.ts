// How does a tenant make, see, renew and revoke its API keys in the words of `aqio`? The key itself is shown once.
import { hashApiKey, newApiKey, parseApiKey } from "../../model/api-key.ts";
import { AppError } from "../../model/errors.ts";
import type { TenantId } from "../../model/ids.ts";
import type { Scope } from "../../model/scope.ts";
import { keysMax, type StoredApiKey } from "../../store/api-keys.ts";
import type { ApiDeps } from "../deps.ts";
import { listSchema, pageAnswer } from "../query.ts";
import { jsonBody, route, type Route } from "../route.ts";
import {
  checkKey,
  givenKeySchema,
  keyIdOf,
  keyRow,
  keyRowSchema,
  storedKeyIdOf,
  type GivenKey,
} from "./api-key-shape.ts";
import { grantedRights, type Rights } from "./key-rights.ts";
import { scopesOf } from "./scope-names.ts";
import { compatTag } from "./webhooks.ts";

type Deps = Pick<ApiDeps, "store" | "log"> & {
  /** Has this process look a key up again, and no longer trust what it knew of it. */
  forgetKey(id: string): void;
};

const path = "/api/api-keys";
const response = { description: "The key's row.", schema: keyRowSchema };
const shownOnce = { description: "The key's row, with the key itself, this once.", schema: keyRowSchema };

export function apiKeyRoutes(deps: Deps): Route[] {
  return [createRoute(deps), listRoute(deps), readRoute(deps), rotateRoute(deps), revokeRoute(deps)];
}

function createRoute({ store, log }: Deps): Route {
  return route({
    method: "post",
    path,
    scope: "keys:write",
    tag: compatTag,
    summary: "Make an API key; a key gives no more than it may do itself",
    body: jsonBody<GivenKey>(givenKeySchema, { check: checkKey }),
    responses: { 201: shownOnce },
    async handler({ tenantId, keyId, body }) {
      const rights = await rightsFor(store.apiKeys, keyId, body);
      if ((await store.apiKeys.count(tenantId)) >= keysMax) {
        const detail = `A tenant has ${keysMax} API keys at most, revoked ones included.`;
        throw new AppError("state.conflict", { detail });
      }
      const { key, stored } = newStoredKey(tenantId, body, rights);
      await store.apiKeys.put(stored);
      log.info({ tenantId, keyId, madeKeyId: stored._id, scopes: stored.scopes }, "an API key was made");
      const headers = { location: `${path}/${keyIdOf(stored._id)}` };
      return { status: 201, body: withKey(keyRow(stored, Date.now()), key), headers };
    },
  });
}

function listRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path,
    scope: "keys:read",
    tag: compatTag,
    summary: "All API keys, newest first, revoked ones too",
    responses: { 200: { description: "All of them.", schema: listSchema(keyRowSchema) } },
    async handler({ tenantId }) {
      const keys = await store.apiKeys.list(tenantId);
      return pageAnswer(keys.map((one) => keyRow(one, Date.now())));
    },
  });
}

function readRoute({ store }: Deps): Route {
  return route({
    method: "get",
    path: `${path}/{id}`,
    scope: "keys:read",
    tag: compatTag,
    summary: "An API key's row",
    responses: { 200: response },
    async handler({ tenantId, params }) {
      const stored = await store.apiKeys.findOf(tenantId, storedKeyIdOf(params.id));
      if (!stored) throw unknownKey();
      return { status: 200, body: keyRow(stored, Date.now()) };
    },
  });
}

function rotateRoute({ store, log, forgetKey }: Deps): Route {
  return route({
    method: "post",
    path: `${path}/{id}/rotate`,
    scope: "keys:write",
    tag: compatTag,
    summary: "Put a new key in the place of an API key: the old one ends at once",
    description: "Other processes of this installation may take the old one for up to 30 seconds.",
    responses: { 200: shownOnce },
    async handler({ tenantId, keyId, params }) {
      const id = storedKeyIdOf(params.id);
      const stored = await store.apiKeys.findOf(tenantId, id);
      if (!stored) throw unknownKey();
      // Whoever gets the new key may do what it may.
      await refuseWider(store.apiKeys, keyId, stored);
      const key = newApiKey(stored.environment, id);
      const renewed = await store.apiKeys.renew(tenantId, id, hashApiKey(key));
      if (!renewed) {
        const detail = "The API key was revoked, and stays so: make a new one.";
        throw new AppError("state.conflict", { detail });
      }
      forgetKey(id);
      log.info({ tenantId, keyId, rotatedKeyId: id }, "an API key was rotated");
      return { status: 200, body: withKey(keyRow(renewed, Date.now()), key) };
    },
  });
}

function revokeRoute({ store, log, forgetKey }: Deps): Route {
  return route({
    method: "delete",
    path: `${path}/{id}`,
    scope: "keys:write",
    tag: compatTag,
    summary: "Revoke an API key; its row stays",
    description: "It ends at once; other processes of this installation may take it for up to 30 seconds.",
    responses: { 204: { description: "It is revoked." } },
    async handler({ tenantId, keyId, params }) {
      const id = storedKeyIdOf(params.id);
      if (!(await store.apiKeys.revoke(tenantId, id))) throw unknownKey();
      forgetKey(id);
      log.info({ tenantId, keyId, revokedKeyId: id }, "an API key was revoked");
      return { status: 204 };
    },
  });
}

type Keys = Deps["store"]["apiKeys"];

/** The rights that a key gives to a new one. Throws AppError `auth.scope` for wider ones than its own. */
async function rightsFor(keys: Keys, keyId: string, body: GivenKey): Promise<Rights> {
  const scopes = [...new Set(body.scopes.flatMap(scopesOf))];
  const asked: Rights = {
    scopes,
    ...(body.allowed_ips ? { allowedIps: body.allowed_ips } : {}),
    ...(body.expires_at ? { expiresAt: new Date(body.expires_at) } : {}),
  };
  const granted = grantedRights(await makerOf(keys, keyId), asked);
  if (!granted.ok) throw new AppError("auth.scope", { detail: granted.why });
  return granted.rights;
}

/** The caller's own key, as it stands now. */
async function makerOf(keys: Keys, keyId: string): Promise<StoredApiKey> {
  const maker = await keys.find(keyId);
  if (!maker) throw new AppError("auth.invalid", { detail: "The API key is not known any more." });
  return maker;
}

async function refuseWider(keys: Keys, keyId: string, target: StoredApiKey): Promise<void> {
  if (keyId === target._id) return;
  const maker = await makerOf(keys, keyId);
  const unlimited = maker.allowedIps !== undefined && target.allowedIps === undefined;
  const endless = maker.expiresAt !== undefined && target.expiresAt === undefined;
  const granted = grantedRights(maker, target);
  if (granted.ok && !unlimited && !endless) return;
  const why = granted.ok ? "The key that it would show has no such limits as this one." : granted.why;
  throw new AppError("auth.scope", { detail: why });
}

function newStoredKey(tenantId: TenantId, body: GivenKey, rights: Rights): { key: string; stored: StoredApiKey } {
  const key = newApiKey();
  const parsed = parseApiKey(key);
  if (!parsed) throw new Error("A new API key has no form of one.");
  const { scopes, allowedIps, expiresAt } = rights;
  const now = new Date();
  const stored: StoredApiKey = {
    _id: parsed.id,
    tenantId,
    name: body.name,
    hash: parsed.hash,
    scopes: [...scopes] satisfies Scope[],
    scopeNames: body.scopes,
    environment: parsed.environment,
    ...(body.description ? { description: body.description } : {}),
    ...(allowedIps === undefined ? {} : { allowedIps: [...allowedIps] }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    usageCount: 0,
    createdAt: now,
    updatedAt: now,
  };
  return { key, stored };
}

/** The id first, then the key. */
function withKey({ id, ...row }: ReturnType<typeof keyRow>, key: string) {
  return { id, key, ...row };
}

function unknownKey(): AppError {
  return new AppError("resource.not_found", { detail: "There is no API key with this id." });
}
