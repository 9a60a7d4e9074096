// Which secrets does a tenant sign its webhooks with? Sealed in the store, opened here, kept open for a few seconds.
import { newWebhookSecret } from "../delivery/sign.ts";
import { randomBase62, type TenantId } from "../model/ids.ts";
import type { StoredSecret, TenantStore } from "../store/tenants.ts";
import type { Sealed, SecretPlace, Vault } from "../vault/vault.ts";

export type SigningSecrets = {
  /** Newest first; the first one is made when there is none. */
  current(tenantId: TenantId): Promise<string[]>;
  /** Puts a new secret first; the ones before it go on signing for `graceMs`. Answers the new secret's id. */
  rotate(tenantId: TenantId, graceMs?: number): Promise<string>;
  /** The newest secret, for a person to see. */
  reveal(tenantId: TenantId): Promise<{ secret: string }>;
};

/** How long opened secrets are kept, in milliseconds: a rotation by another process is followed after it. */
const keptMs = 10_000;
const tenantsMax = 1_000;
/** How long earlier secrets sign beside the new one, in milliseconds: a day to change the receivers over. */
export const rotationGraceMs = 24 * 3_600_000;

type Open = { secrets: { secret: string; expiresAtMs: number }[]; untilMs: number };

/** The tenants' own signing secrets. Rejects with VaultError when a stored secret does not open. */
export function createSigningSecrets(deps: {
  tenants: Pick<TenantStore, "signingSecrets" | "addFirstSecret" | "rotateSecret">;
  vault: Vault;
  nowMs?: () => number;
}): SigningSecrets {
  const { tenants, vault, nowMs = Date.now } = deps;
  const openByTenant = new Map<TenantId, Open>();

  const seal = (tenantId: TenantId): StoredSecret => ({
    id: `sec_${randomBase62(22)}`,
    sealed: JSON.stringify(vault.seal(newWebhookSecret(), placeOf(tenantId))),
    createdAt: new Date(nowMs()),
  });
  const read = async (tenantId: TenantId): Promise<string[]> => {
    let stored = await tenants.signingSecrets(tenantId);
    if (stored.length === 0) {
      // Of two processes that meet here one comes first; both go on with what is stored then.
      await tenants.addFirstSecret(tenantId, seal(tenantId));
      stored = await tenants.signingSecrets(tenantId);
    }
    const secrets = stored.map((one) => ({
      secret: unseal(vault, tenantId, one),
      expiresAtMs: one.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
    }));
    openByTenant.delete(tenantId);
    openByTenant.set(tenantId, { secrets, untilMs: nowMs() + keptMs });
    const [oldest] = openByTenant.keys();
    if (openByTenant.size > tenantsMax && oldest !== undefined) openByTenant.delete(oldest);
    return secrets.map((one) => one.secret);
  };
  const current = async (tenantId: TenantId): Promise<string[]> => {
    const now = nowMs();
    const open = openByTenant.get(tenantId);
    if (!open || open.untilMs <= now) return read(tenantId);
    return open.secrets.filter((one) => one.expiresAtMs > now).map((one) => one.secret);
  };

  return {
    current,
    async rotate(tenantId, graceMs = rotationGraceMs) {
      // A tenant without a secret gets its first one before: receivers may know it from a reveal that is on its way.
      await current(tenantId);
      const next = seal(tenantId);
      await tenants.rotateSecret(tenantId, next, graceMs);
      openByTenant.delete(tenantId);
      return next.id;
    },
    async reveal(tenantId) {
      // A look at the store: what is shown to a person must not be a secret that was rotated away elsewhere.
      const [secret] = await read(tenantId);
      if (secret === undefined) throw new Error(`The tenant ${tenantId} does not exist.`);
      return { secret };
    },
  };
}

function placeOf(tenantId: TenantId): SecretPlace {
  return { tenantId, owner: tenantId, field: "signingSecret" };
}

function unseal(vault: Vault, tenantId: TenantId, stored: StoredSecret): string {
  // Written by `seal` above; the vault refuses what was changed since.
  return vault.open(JSON.parse(stored.sealed) as Sealed, placeOf(tenantId));
}
