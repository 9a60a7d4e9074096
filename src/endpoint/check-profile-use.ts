// May a tenant's own profile be changed while endpoints use it? Only to one that each of them can still send with.
import { checkHeaders } from "../delivery/header.ts";
import { profileHeaderNames } from "../delivery/build.ts";
import type { Profile } from "../delivery/profile.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import { settingsOf, type EndpointStore } from "../store/endpoints.ts";
import type { Vault } from "../vault/vault.ts";
import { unsealEndpoint } from "./credentials.ts";
import { livingSecrets, secretFault } from "./secrets.ts";

export type Misfit = { endpointId: EndpointId; message: string };

/** The first endpoint that could not go on with the profile as it is to be, and why; undefined when all of them can. */
export async function findMisfit(
  deps: { endpoints: Pick<EndpointStore, "all">; vault: Pick<Vault, "open">; nowMs(): number },
  tenantId: TenantId,
  profile: Profile,
): Promise<Misfit | undefined> {
  for await (const row of deps.endpoints.all({ tenantId, profile: profile.id })) {
    const secrets = livingSecrets(unsealEndpoint(deps.vault, row).secrets, deps.nowMs());
    const unfit = secrets.find((one) => secretFault(one.secret, [profile]) !== undefined);
    if (unfit !== undefined) {
      return { endpointId: row._id, message: `its secret \`${unfit.id}\` is none that the profile can sign with` };
    }
    const { headers, contentType } = settingsOf(row);
    const [header] = headers === undefined ? [] : checkHeaders(headers, profileHeaderNames(profile));
    if (header !== undefined)
      return { endpointId: row._id, message: `it sets the header ${header.pointer.slice(1)} itself` };
    const types = [profile.contentType, ...(profile.otherContentTypes ?? [])];
    if (row.profile === profile.id && contentType !== undefined && !types.includes(contentType)) {
      return { endpointId: row._id, message: `it sends \`${contentType}\`, which the profile does not` };
    }
  }
  return undefined;
}
