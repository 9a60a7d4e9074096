// How are an endpoint's secrets sealed and opened? As one JSON text, for this endpoint of this tenant only.
import type { EndpointCredentials } from "../model/endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { Sealed, SecretPlace, Vault } from "../vault/vault.ts";

/** The text under which credentials are stored. */
export function sealEndpoint(
  vault: Vault,
  tenantId: TenantId,
  id: EndpointId,
  credentials: EndpointCredentials,
): string {
  return JSON.stringify(vault.seal(JSON.stringify(credentials), placeOf(tenantId, id)));
}

/** Throws a VaultError when what is sealed does not open. */
export function unsealEndpoint(
  vault: Pick<Vault, "open">,
  row: { tenantId: TenantId; _id: EndpointId; sealed: string },
): EndpointCredentials {
  // Both texts were written by `sealEndpoint`; the vault refuses what was changed since.
  const sealed = JSON.parse(row.sealed) as Sealed;
  return JSON.parse(vault.open(sealed, placeOf(row.tenantId, row._id))) as EndpointCredentials;
}

function placeOf(tenantId: TenantId, id: EndpointId): SecretPlace {
  return { tenantId, owner: id, field: "credentials" };
}
