// Who signed what came to an inbox? One of the endpoints that send there, or the tenant itself.
import type { SigningSecrets } from "../connector/signing-secrets.ts";
import type { Profile } from "../delivery/profile-form.ts";
import { defaultProfileId, findProfile } from "../delivery/profiles.ts";
import type { Received } from "../delivery/received.ts";
import { verifySignature } from "../delivery/verify.ts";
import { secretsAt, type OpenEndpoint } from "../endpoint/open-endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { EndpointStore } from "../store/endpoints.ts";
import type { InboxVerification } from "../store/inbox.ts";
import { readUrl } from "../model/url.ts";

export type VerifyInbox = (tenantId: TenantId, name: string, received: Received) => Promise<InboxVerification>;

type Deps = {
  signingSecrets: Pick<SigningSecrets, "current">;
  endpoints: Pick<EndpointStore, "list">;
  /** Endpoints with their secrets; without it only the tenant's own signature is known. */
  openEndpoint?: ((tenantId: TenantId, id: EndpointId) => OpenEndpoint | undefined) | undefined;
  nowMs: () => number;
};

/** Somebody who may have signed: in which dialect, and with which keys. */
type Sender = { by: string; profile: Profile; keys: readonly string[] };

/** Endpoints of a tenant that are looked at for those which send to an inbox. */
const endpointsMax = 200;

/** A check of messages against every secret that may have signed them. Rejects when a secret cannot be opened. */
export function createInboxVerify(deps: Deps): VerifyInbox {
  return async (tenantId, name, received) => {
    const senders = [...(await endpointSenders(deps, tenantId, name)), await ownSender(deps, tenantId)];
    const nowMs = deps.nowMs();
    const outcomes = senders.map(({ by, profile, keys }) => ({
      by,
      verified: verifySignature(profile, { ...received, keys, nowMs }),
    }));
    const found = outcomes.find(({ verified }) => verified.verified);
    if (found) return { verified: true, by: found.by };
    const reasons = outcomes.map(({ by, verified }) => `${by}: ${verified.verified ? "" : verified.why}`);
    return { verified: false, why: reasons.slice(0, 5).join(" ") };
  };
}

async function ownSender({ signingSecrets }: Deps, tenantId: TenantId): Promise<Sender> {
  const profile = findProfile(defaultProfileId);
  if (!profile) throw new Error(`The profile "${defaultProfileId}" is not there.`);
  return { by: "the tenant's signing secret", profile, keys: await signingSecrets.current(tenantId) };
}

/** Those of the endpoints whose URL leads to this inbox: they sign with secrets of their own, in dialects of their own. */
async function endpointSenders({ endpoints, openEndpoint, nowMs }: Deps, tenantId: TenantId, name: string) {
  if (!openEndpoint) return [];
  const { items } = await endpoints.list(tenantId, {}, { limit: endpointsMax });
  return items
    .filter(({ url }) => readUrl(url)?.pathname === `/inbox/${name}`)
    .flatMap(({ id }): Sender[] => {
      const open = openEndpoint(tenantId, id);
      return open ? [{ by: `endpoint ${id}`, profile: open.profile, keys: secretsAt(open, nowMs()) }] : [];
    });
}
