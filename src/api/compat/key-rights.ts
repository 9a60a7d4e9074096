// May a key give these rights to a new one? Never wider ones than its own: scopes, addresses and time.
import ipaddr from "ipaddr.js";
import { isWithin, parseNetworks } from "../../delivery/address-ranges.ts";
import type { Scope } from "../../model/scope.ts";

export type Rights = {
  scopes: readonly Scope[];
  allowedIps?: readonly string[] | undefined;
  expiresAt?: Date | undefined;
};

/**
 * The rights of a new key: what is not asked for is as the maker's, where that one is limited. Or the sentence that says
 * what the maker may not give. The networks of both have been checked.
 */
export function grantedRights(maker: Rights, asked: Rights): { ok: true; rights: Rights } | { ok: false; why: string } {
  const missing = asked.scopes.filter((scope) => !maker.scopes.includes(scope));
  if (missing.length > 0) {
    return { ok: false, why: `A key gives no more than it may do itself: it lacks ${missing.join(", ")}.` };
  }
  const outside = (asked.allowedIps ?? []).filter(
    (network) => maker.allowedIps && !isInside(network, maker.allowedIps),
  );
  if (outside.length > 0) {
    return {
      ok: false,
      why: `This key is limited to ${maker.allowedIps?.join(", ")}: ${outside.join(", ")} lies outside.`,
    };
  }
  if (maker.expiresAt && asked.expiresAt && asked.expiresAt > maker.expiresAt) {
    return {
      ok: false,
      why: `This key ends at ${maker.expiresAt.toISOString()}: a key that it makes cannot outlive it.`,
    };
  }
  const { scopes, allowedIps = maker.allowedIps, expiresAt = maker.expiresAt } = asked;
  return { ok: true, rights: { scopes, allowedIps, expiresAt } };
}

function isInside(network: string, outer: readonly string[]): boolean {
  const [inner] = parseNetworks([network]);
  if (inner === undefined) return false;
  const [address, bits] = inner;
  // The first address of a network that begins no earlier and is no larger lies inside, and so do all others.
  const first = firstOf(address, bits);
  return parseNetworks(outer).some((one) => bits >= one[1] && isWithin(first, [one]));
}

function firstOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): ipaddr.IPv4 | ipaddr.IPv6 {
  const cidr = `${address.toString()}/${bits}`;
  return address instanceof ipaddr.IPv4
    ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
    : ipaddr.IPv6.networkAddressFromCIDR(cidr);
}
