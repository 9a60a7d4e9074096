// Which URLs and addresses may a delivery reach? The one rule for saving, testing and each attempt.
import { isPublicAddress, isWithin, parseAddress, parseNetworks } from "./address-ranges.ts";
import type { IpAddress } from "./address-ranges.ts";
import { readUrl } from "../model/url.ts";

/** What the operator opens beside HTTPS to public addresses. */
export type AddressPolicy = {
  /** Plain `http:` is allowed. */
  allowHttp: boolean;
  /** Networks in CIDR form that may be reached beside public ones. */
  allowNetworks: string[];
  /** Names that may be used although they have no dot or a private ending. Their addresses are still checked. */
  allowNames?: string[];
  /** This server's own hosts, `name` or `name:port`: a delivery to it would come back as an event, and go round for ever. */
  ownHosts?: string[];
};

export type UrlRefusal = { ok: false; code: string; message: string };
export type UrlVerdict = { ok: true; url: URL } | UrlRefusal;
export type AddressVerdict = { ok: true } | UrlRefusal;

/** Longest URL that is taken, in characters. */
export const urlCharsMax = 2048;

/** Ports of services that live inside a network and answer, or obey, whoever reaches them. */
const servicePorts = new Set([
  // mail submission beside the ports below 1024
  2525,
  // Docker and its swarm, etcd
  2375, 2376, 2377, 2379, 2380,
  // MySQL, PostgreSQL and its pooler
  3306, 33060, 5432, 6432,
  // Redis, its bus and its sentinel
  6379, 16379, 26379,
  // Temporal: membership and gRPC of frontend, history, matching, worker
  6933, 6934, 6935, 6939, 7233, 7234, 7235, 7239,
  // Elasticsearch, kubelet and kube-proxy, memcached
  9200, 9300, 10248, 10249, 10250, 10255, 10256, 11211,
  // MongoDB
  27017, 27018, 27019, 27020,
]);

/** Endings of names that mean something inside a network only (RFC 6761, RFC 6762, RFC 8375, ICANN's name collisions). */
const privateEndings = [
  "localhost",
  "local",
  "localdomain",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "svc",
  "onion",
  "arpa",
];

const outOfReach: UrlRefusal = {
  ok: false,
  code: "url.address",
  // Which range it was is for the log of the operator: told to users, it would make us a map of the network.
  message: "The address is not one that deliveries may reach.",
};

const ownUrl: UrlRefusal = {
  ok: false,
  code: "url.own",
  message: "The URL is this server's own: what is delivered to it would come back, and go round for ever.",
};

/** Whether deliveries may be sent to an IP address: public, or in a network that the policy opens. */
export function checkAddress(address: string, policy: AddressPolicy): AddressVerdict {
  const parsed = parseAddress(address);
  if (parsed === undefined) return outOfReach;
  return isPublicAddress(parsed) || isWithin(parsed, networksOf(policy)) ? { ok: true } : outOfReach;
}

/**
 * Whether deliveries may be sent to a URL, by its text alone; names are resolved and checked when they are dialled.
 * The URL in the answer is normalised: no fragment, no trailing dot on the name.
 */
export function checkUrl(text: unknown, policy: AddressPolicy): UrlVerdict {
  const parsed = parseUrl(text);
  if (!parsed.ok) return parsed;
  const { url } = parsed;
  if (url.protocol === "http:" && !policy.allowHttp) return refuse("url.scheme", "The URL has to begin with https://.");
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (!isPortAllowed(port)) return refuse("url.port", `Port ${port} is not one that deliveries may reach.`);
  const verdict = checkHost(url, policy);
  return verdict.ok && isOwn(verdict.url, policy) ? ownUrl : verdict;
}

/** The addresses that `localhost` stands for: it is not asked of a name server (RFC 6761 §6.3). */
export function localhostAddresses(policy: AddressPolicy): string[] {
  return ["127.0.0.1", "::1"].filter((address) => checkAddress(address, policy).ok);
}

function parseUrl(text: unknown): UrlVerdict {
  if (typeof text !== "string" || text === "") return refuse("url.malformed", "A URL is needed.");
  if (text.length > urlCharsMax) {
    return refuse("url.too_long", `The URL has more than ${urlCharsMax} characters.`);
  }
  // The parser would drop tabs and newlines and read a backslash as a slash: what we check has to be what was written.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f-\u00a0\u2028\u2029\ufeff\\]/.test(text)) {
    return refuse(
      "url.characters",
      "The URL holds spaces, control characters or a backslash; write them percent-encoded.",
    );
  }
  if (!/^https?:\/\/[^/]/i.test(text)) return refuse("url.scheme", "The URL has to begin with https://.");
  if (/^[^/]*\/\/[^/?#]*@/.test(text)) {
    return refuse("url.userinfo", "The URL holds a user name or password; send credentials in a header.");
  }
  const url = readUrl(text);
  if (url === undefined) return refuse("url.malformed", "The URL cannot be read.");
  url.hash = "";
  return { ok: true, url };
}

function isPortAllowed(port: number): boolean {
  return port === 80 || port === 443 || (port >= 1024 && !servicePorts.has(port));
}

/** The parser has folded decimal, octal, hexadecimal, short and full-width forms into one literal by now. */
function checkHost(url: URL, policy: AddressPolicy): UrlVerdict {
  const { hostname } = url;
  if (hostname.startsWith("[") || /^[0-9.]+$/.test(hostname)) {
    const verdict = checkAddress(hostname.replace(/^\[|\]$/g, ""), policy);
    return verdict.ok ? { ok: true, url } : verdict;
  }
  const name = hostname.replace(/\.$/, "");
  if (name !== hostname) url.hostname = name;
  if (name === "localhost") return localhostAddresses(policy).length > 0 ? { ok: true, url } : outOfReach;
  if (!isHostName(name)) return refuse("url.name", "The URL's host name is not a valid one.");
  if (policy.allowNames?.includes(name)) return { ok: true, url };
  return isPrivateName(name)
    ? refuse("url.name", "The URL's host name is one of a private network.")
    : { ok: true, url };
}

/** The name has no trailing dot by now, and the port is left out where it is the scheme's own. */
function isOwn({ host, hostname }: URL, { ownHosts = [] }: AddressPolicy): boolean {
  return ownHosts.some((own) => own === host || own === hostname);
}

/** RFC 1123 §2.1, with the underscore that DNS allows and some receivers have. */
function isHostName(name: string): boolean {
  return (
    name.length <= 253 && name.split(".").every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  );
}

function isPrivateName(name: string): boolean {
  return !name.includes(".") || privateEndings.some((ending) => name.endsWith(`.${ending}`));
}

const networksByPolicy = new WeakMap<AddressPolicy, [IpAddress, number][]>();

/** The policy's networks, read once. Throws a RangeError that names the one that is wrong. */
export function networksOf(policy: AddressPolicy): [IpAddress, number][] {
  let networks = networksByPolicy.get(policy);
  if (networks === undefined) {
    networks = parseNetworks(policy.allowNetworks);
    networksByPolicy.set(policy, networks);
  }
  return networks;
}

function refuse(code: string, message: string): UrlRefusal {
  return { ok: false, code, message };
}
