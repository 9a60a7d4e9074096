// May deliveries be sent to this URL, as far as can be said now? Its text and its name's addresses, by the rules of an attempt.
import { checkUrl, type AddressPolicy, type UrlRefusal } from "./address.ts";
import { checkedAddresses, ConnectFailure } from "./connect.ts";
import { createResolver, type Resolve } from "./resolve.ts";

/** `unresolvable`: the name has no address at this moment. Each attempt asks again, so it may be saved. */
export type Reach = { ok: true; url: URL; unresolvable: boolean } | UrlRefusal;
export type CheckReach = (text: unknown) => Promise<Reach>;

/** A person waits for it, so it may take longer than at an attempt, in milliseconds. */
const dnsTimeoutMs = 1_500;
/** The same as at an attempt. */
const addressesMax = 50;

/** A check of URLs that are to be saved; `resolve` asks the system's name servers unless given. Never rejects. */
export function createReachCheck(policy: AddressPolicy, resolve: Resolve = createResolver(dnsTimeoutMs)): CheckReach {
  return async (text) => {
    const verdict = checkUrl(text, policy);
    if (!verdict.ok) return verdict;
    const { url } = verdict;
    try {
      await checkedAddresses(url.hostname.replace(/^\[|\]$/g, ""), { policy, resolve, dnsTimeoutMs, addressesMax });
      return { ok: true, url, unresolvable: false };
    } catch (error) {
      if (!(error instanceof ConnectFailure) || error.kind !== "blocked") return { ok: true, url, unresolvable: true };
      return { ok: false, code: "url.address", message: error.message };
    }
  };
}
