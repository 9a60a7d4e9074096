// What may a key do that was asked for in another system's scopes? Its names as scopes of ours.
import { scopes, type Scope } from "../../model/scope.ts";

/** Names of `aqio`'s resources. What it registers, invites and pays are events here. */
const scopesByName: { readonly [name: string]: readonly Scope[] } = {
  "registrations:read": ["events:read"],
  "registrations:write": ["events:write"],
  "invitations:read": ["events:read"],
  "invitations:write": ["events:write"],
  "payments:read": ["events:read"],
  "payments:write": ["events:write"],
  "webhooks:read": ["endpoints:read", "deliveries:read"],
  "webhooks:write": ["endpoints:write", "deliveries:execute"],
  "integrations:read": ["connections:read"],
  "integrations:write": ["connections:write"],
  "api-keys:read": ["keys:read"],
  "api-keys:write": ["keys:write"],
};

/** Every name that a key can be asked for with: our scopes first. */
export const scopeNames: readonly string[] = [...scopes, ...Object.keys(scopesByName)];

/** The scopes that a name stands for; empty for a name that is not known. */
export function scopesOf(name: string): readonly Scope[] {
  const own = scopes.find((scope) => scope === name);
  if (own !== undefined) return [own];
  return Object.hasOwn(scopesByName, name) ? (scopesByName[name] ?? []) : [];
}
