// What do the parts of the endpoints' desk share? What they need, how they check and announce, and small things that they all make.
import type { AddressPolicy } from "../delivery/address.ts";
import type { Resolve } from "../delivery/resolve.ts";
import type { StatusReason } from "../model/endpoint.ts";
import { randomBase62, type EndpointId, type SecretId, type TenantId } from "../model/ids.ts";
import type { Finding } from "../model/problem.ts";
import type { EndpointStore } from "../store/endpoints.ts";
import type { Vault } from "../vault/vault.ts";
import type { Before, Checked } from "./check-given.ts";
import type { Profiles } from "./profiles.ts";

export type DeskDeps = {
  endpoints: EndpointStore;
  vault: Vault;
  policy: AddressPolicy;
  profiles: Pick<Profiles, "find" | "idsOf">;
  /** The database's clock, in milliseconds. */
  nowMs(): number;
  /** Asks for a name's addresses; the system's name servers unless given. */
  resolve?: Resolve;
  /** After each change: resolves when this process sends by it. */
  changed?: (tenantId: TenantId, id: EndpointId) => Promise<void>;
  /** After an endpoint was enabled: what waited for it can go out. */
  resumed?: (tenantId: TenantId, id: EndpointId) => Promise<void> | void;
};

export type Desk = DeskDeps & {
  check(tenantId: TenantId, value: unknown, before?: Before): Promise<Checked>;
  announce(tenantId: TenantId, id: EndpointId, how?: "resumed"): Promise<void>;
};

/** `findings` point into what was given and hold no secret; `warnings` do not keep it from being saved. */
export type Invalid = { outcome: "invalid"; findings: Finding[]; warnings: Finding[] };

export const manualMessage = "Somebody asked for it.";

/** The reason of a status that a person asked for. */
export function manual(nowMs: number): StatusReason {
  return { code: "manual", message: manualMessage, at: new Date(nowMs) };
}

export function newSecretId(): SecretId {
  return `sec_${randomBase62(22)}`;
}
