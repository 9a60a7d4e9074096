// Is this IP address one of the public internet, whatever form it is written in?
import ipaddr from "ipaddr.js";

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** Global unicast is all that IANA has given out of IPv6 so far; everything outside it is special or unassigned. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** Ranges that `ipaddr.js` takes for ordinary ones and that no receiver of ours may live in. */
const extraDenied: [IpAddress, number][] = [
  // Azure's host agent: answers metadata and is reachable from every machine there.
  "168.63.129.16/32",
  // Alibaba's metadata server lies in 100.64.0.0/10, Oracle's in 192.0.0.0/24: both are refused as ranges already.
  // RFC 9780: an IPv6 dummy prefix beside the discard prefix.
  "100:0:0:1::/64",
  // RFC 2928: protocol assignments, among them Teredo, benchmarking, ORCHID.
  "2001::/23",
  // RFC 3056: 6to4 carries any IPv4 address inside.
  "2002::/16",
].map((cidr) => ipaddr.parseCIDR(cidr));

/** Reads an address and takes an IPv4 one out of its IPv6 mapping (RFC 4291 §2.5.5.2); undefined when it is none. */
export function parseAddress(text: string): IpAddress | undefined {
  // A zone names an interface of this machine; nothing public has one.
  if (text.includes("%") || !ipaddr.isValid(text)) return undefined;
  // Four decimal parts or hexadecimal groups only: `ipaddr.js` would also read octal and short forms.
  if (!text.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  // RFC 4291 §2.5.5.1, deprecated: `ipaddr.js` takes it for a mapped address, the operating system does not.
  if (/^::\d+\./.test(text)) return undefined;
  return ipaddr.process(text);
}

/** Whether an address belongs to the public internet: ranges by IANA's registries of special-purpose addresses. */
export function isPublicAddress(address: IpAddress): boolean {
  if (address.range() !== "unicast" || isWithin(address, extraDenied)) return false;
  return address instanceof ipaddr.IPv4 || (address.match(globalUnicast) && !isIsatap(address));
}

/** Reads networks in CIDR form, or single addresses. Throws a RangeError that names the one that is wrong. */
export function parseNetworks(texts: readonly string[]): [IpAddress, number][] {
  return texts.map((text) => {
    try {
      const [address, bits] = ipaddr.parseCIDR(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`);
      return unmapNetwork(address, bits);
    } catch (cause) {
      throw new RangeError(`"${text}" is not a network in CIDR form, such as 10.0.0.0/8`, { cause });
    }
  });
}

/** Whether an address lies in one of the networks. Networks of the other family never match. */
export function isWithin(address: IpAddress, networks: readonly [IpAddress, number][]): boolean {
  return networks.some(([network, bits]) => network.kind() === address.kind() && address.match([network, bits]));
}

function unmapNetwork(address: IpAddress, bits: number): [IpAddress, number] {
  // Addresses are compared after unmapping, so a network written in the mapped form has to be unmapped too.
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96) {
    return [address.toIPv4Address(), bits - 96];
  }
  return [address, bits];
}

/** RFC 5214 §6.1: the interface identifier `[0|2]00:5efe` is followed by an IPv4 address of any kind. */
function isIsatap(address: ipaddr.IPv6): boolean {
  return address.parts[5] === 0x5efe && ((address.parts[4] ?? 0) & 0xfcff) === 0;
}
