// URLs that try to reach an internal service: the 82 numbered ones of the reference, and what hostile readings added.
//
// How to use it. A test of a way in (create, update, import, test send, an OAuth token URL, …) runs its part of the table:
//
// - start whatever checks URLs with `hostilePolicy`: plain HTTP is open, so that no URL is refused for its scheme alone,
//   and no network is. With loopback open, as most tests have it, many of these are good URLs.
// - give it `resolveHostile` where names are asked for: the names of this table are known to nobody else.
// - replace `{port}` (`withPort`) by the port of a listener on loopback, and expect that it hears nothing.
// - where URLs are checked by their text alone, run the rows that are refused at `save`. Where names are resolved as well,
//   those of `dial`, too. `hostileUrls` is both of them together with the unnumbered ones, as plain texts.
// - rows of the other kinds look good when they are saved; what is to be expected of an attempt stands at `Refused`.
import type { AddressPolicy } from "../../src/delivery/address.ts";

/**
 * Where a row stops. `save`: at its text. `dial`: at its name's addresses. `nowhere`: the name has no address; each attempt
 * is a failure of DNS. `flip`: the name is good when it is saved and bad when it is dialled (`createFlippingResolver`).
 * `redirect`: the URL is good, what it answers is not: the answer is recorded and not followed. `own`: refused at its text
 * where the policy names the host as this server's own.
 */
export type Refused = "save" | "dial" | "nowhere" | "flip" | "redirect" | "own";

export type HostileRow = {
  /** Of the reference's list, from 1 to 82. */
  number: number;
  url: string;
  refused: Refused;
};

export const hostilePolicy: AddressPolicy = { allowHttp: true, allowNetworks: [], ownHosts: ["own.example.com"] };

/** Names that only the tests' resolver knows, with the addresses that it answers. */
export const hostileNames: Record<string, string[] | "never" | "fails"> = {
  "loopback.example.com": ["127.0.0.1"],
  "127.0.0.1.nip.io": ["127.0.0.1"],
  "10-0-0-5.nip.io": ["10.0.0.5"],
  "loopback6.example.com": ["::1"],
  "mapped.example.com": ["::ffff:127.0.0.1"],
  "mapped10.example.com": ["::ffff:10.0.0.1"],
  "private.example.com": ["10.0.0.5"],
  "metadata.example.com": ["169.254.169.254"],
  "azure.example.com": ["168.63.129.16"],
  // What a resolver answers of a CNAME to `db.internal`: its addresses.
  "cname.example.com": ["10.20.30.40"],
  "mixed.example.com": ["127.0.0.1", "93.184.215.14"],
  "mixed6.example.com": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "127.0.0.1"],
  "unspecified.example.com": ["0.0.0.0"],
  "nat64.example.com": ["64:ff9b::7f00:1"],
  "nonsense.example.com": ["not an address"],
  "octal.example.com": ["0177.0.0.1"],
  "zone.example.com": ["fe80::1%lo"],
  "empty.example.com": [],
  "slow.example.com": "never",
  "broken.example.com": "fails",
  "many.example.com": [...Array<string>(60).fill("93.184.215.14")],
  "many-private.example.com": [...Array<string>(60).fill("127.0.0.1")],
};

/** Asks for a name of this table; rejects for every other one, and never answers where the table says so. */
export function resolveHostile(name: string): Promise<string[]> {
  const answer = hostileNames[name];
  if (answer === "never") return new Promise(() => undefined);
  return answer === undefined || answer === "fails" ? Promise.reject(new Error("SERVFAIL")) : Promise.resolve(answer);
}

/** Answers a public address first and loopback from then on, as a name server with a time to live of nothing can. */
export function createFlippingResolver(): () => Promise<string[]> {
  let asked = 0;
  return () => Promise.resolve([asked++ === 0 ? "93.184.215.14" : "127.0.0.1"]);
}

/** A URL of the table for the listener on this port. */
export function withPort(url: string, port: string | number): string {
  return url.replaceAll("{port}", String(port));
}

const row = (number: number, refused: Refused, ...urls: string[]): HostileRow[] =>
  urls.map((url) => ({ number, url, refused }));

/** Every row of the reference's list (section 3 of its page on webhooks) with all its variants. */
export const hostileRows: HostileRow[] = [
  row(1, "save", "http://127.0.0.1:{port}/"),
  row(2, "save", "http://127.1:{port}/"),
  row(3, "save", "http://127.0.1:{port}/"),
  row(4, "save", "http://2130706433:{port}/"),
  row(5, "save", "http://0x7f000001:{port}/"),
  row(6, "save", "http://0x7f.1:{port}/"),
  row(7, "save", "http://0177.0.0.1:{port}/"),
  row(8, "save", "http://017700000001:{port}/"),
  row(9, "save", "http://0:{port}/"),
  row(10, "save", "http://0.0.0.0:{port}/"),
  row(11, "save", "http://127.0.0.1.:{port}/"),
  row(12, "save", "http://localhost:{port}/"),
  row(13, "save", "http://localhost.:{port}/"),
  row(14, "save", "http://LOCALHOST:{port}/"),
  row(15, "save", "http://foo.localhost:{port}/"),
  row(16, "save", "http://localho%73t:{port}/"),
  row(17, "save", "http://\u24dbocalhost:{port}/"),
  row(18, "save", "http://local\u00adhost:{port}/"),
  row(19, "save", "http://localhost\u200b:{port}/"),
  row(20, "save", "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460:{port}/"),
  row(21, "save", "http://127\u30020\u30020\u30021:{port}/"),
  row(22, "save", "http://127%2e0%2e0%2e1:{port}/"),
  row(23, "save", "http://%31%32%37.0.0.1:{port}/"),
  row(24, "save", "http://[::1]:{port}/"),
  row(25, "save", "http://[::]:{port}/"),
  row(26, "save", "http://[0:0:0:0:0:0:0:1]:{port}/"),
  row(27, "save", "http://[::ffff:127.0.0.1]:{port}/"),
  row(28, "save", "http://[::127.0.0.1]:{port}/"),
  row(29, "save", "http://[::ffff:0:127.0.0.1]:{port}/"),
  row(30, "save", "http://[64:ff9b::7f00:1]:{port}/"),
  row(31, "save", "http://[64:ff9b:1::7f00:1]:{port}/"),
  row(32, "save", "http://[2002:7f00:1::]:{port}/"),
  row(33, "save", "http://[2001::80ff:fffe]:{port}/"),
  row(34, "save", "http://[fec0::1]:{port}/"),
  row(35, "save", "http://[fe80::1]:{port}/", "http://[fe80::1%25eth0]:{port}/"),
  row(36, "save", "http://[fd00::1]:{port}/"),
  row(37, "save", "http://[ff02::1]:{port}/"),
  row(38, "save", "http://[5f00::1]:{port}/", "http://[100::1]:{port}/", "http://[2001:db8::1]:{port}/"),
  row(39, "save", "http://user:pass@127.0.0.1:{port}/"),
  row(40, "save", "http://example.com@127.0.0.1:{port}/"),
  row(41, "save", "http://127.0.0.1#@example.com/", "http://127.0.0.1:{port}#@example.com/"),
  row(42, "save", "http://127.0.0.1\\@example.com/", "http://127.0.0.1:{port}\\@example.com/"),
  row(43, "save", "http:\\\\127.0.0.1:{port}/"),
  row(44, "save", "http:/127.0.0.1:{port}/"),
  row(45, "save", "http:127.0.0.1:{port}/"),
  row(46, "save", "http:///127.0.0.1:{port}/"),
  row(47, "save", "http://169.254.169.254/latest/meta-data/"),
  row(48, "save", "http://2852039166/"),
  row(49, "save", "http://0xa9fea9fe/"),
  row(50, "save", "http://0251.0376.0251.0376/"),
  row(51, "save", "http://169.254.43518/"),
  row(52, "save", "http://[::ffff:a9fe:a9fe]/"),
  row(53, "save", "http://metadata.google.internal/"),
  row(54, "save", "http://[fd00:ec2::254]/"),
  row(55, "save", "http://[fd20:ce::254]/"),
  row(56, "save", "http://169.254.170.2/"),
  row(57, "save", "http://100.100.100.200/"),
  row(58, "save", "http://168.63.129.16/"),
  row(59, "save", "http://192.0.0.192/"),
  row(60, "save", "http://10.0.0.1:{port}/", "http://172.16.0.1:{port}/", "http://172.31.255.255:{port}/"),
  row(60, "save", "http://192.168.0.1:{port}/", "http://3232235521:{port}/"),
  row(61, "save", "http://100.64.0.1:{port}/"),
  row(62, "save", "http://198.18.0.1/"),
  row(63, "save", "http://192.0.2.1/", "http://198.51.100.1/", "http://203.0.113.1/"),
  row(64, "save", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/"),
  row(65, "dial", "http://127.0.0.1.nip.io:{port}/", "http://10-0-0-5.nip.io/", "http://loopback.example.com:{port}/"),
  row(65, "dial", "http://private.example.com/", "http://metadata.example.com/", "http://azure.example.com/"),
  row(66, "dial", "http://mixed.example.com:{port}/", "http://mixed6.example.com:{port}/"),
  row(67, "flip", "http://flip.example.com:{port}/"),
  row(68, "dial", "http://cname.example.com:{port}/"),
  row(69, "dial", "http://mapped10.example.com/", "http://mapped.example.com:{port}/"),
  row(70, "nowhere", "http://broken.example.com/", "http://slow.example.com/", "http://empty.example.com/"),
  row(71, "redirect", "http://to-loopback.example.com/"),
  row(72, "redirect", "http://to-file.example.com/", "http://to-http.example.com/"),
  row(73, "redirect", "http://to-itself.example.com/"),
  row(74, "save", "ftp://127.0.0.1:{port}/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/_GET"),
  row(74, "save", "data:text/plain,hello", "javascript:alert(1)", "ws://127.0.0.1:{port}/"),
  row(75, "save", "http://unix:/var/run/docker.sock:/containers/json"),
  row(76, "save", "http://good.example.com:22/", "http://good.example.com:25/", "http://good.example.com:6379/"),
  row(76, "save", "http://good.example.com:5432/", "http://good.example.com:7233/", "http://good.example.com:0/"),
  row(76, "save", "http://good.example.com:99999/"),
  row(77, "own", "http://own.example.com/v1/events", "http://OWN.example.com.:{port}/v1/events"),
  row(78, "save", "http://exa\tmple.com/"),
  row(79, "save", "http://a/%0d%0aX: y", "http://good.example.com/\r\nX: y"),
  row(80, "save", "http://example.com\u0000.evil/"),
  row(81, "save", "http://256.256.256.256/", "http://1.2.3.4.5/", "http://[127.0.0.1]/", "http://4294967296/"),
  row(
    82,
    "save",
    "http://",
    "http:///",
    `http://good.example.com/${"x".repeat(10_000)}`,
    "http://good\ud800.example.com/",
  ),
  // Look-alikes, in Cyrillic, of names that mean something inside.
  row(82, "save", "http://l\u043ecalhost:{port}/", "http://xn--lcalhost-nbh:{port}/", "http://met\u0430data/"),
].flat();

/** What hostile readings of the address rules added to the list. */
const unnumbered: string[] = [
  // loopback, in all the ways to write it
  "http://127.0.0.1:{port}/",
  "http://127.0.0.1.:{port}/",
  "http://127.1:{port}/",
  "http://127.0.1:{port}/",
  "http://127.255.255.254:{port}/",
  "http://2130706433:{port}/",
  "http://0x7f000001:{port}/",
  "http://0x7f.1:{port}/",
  "http://0x7F.0x0.0x0.0x1:{port}/",
  "http://0177.0.0.1:{port}/",
  "http://017700000001:{port}/",
  "http://0177.0.0x0.1:{port}/",
  "http://127.0.0.1%2e:{port}/",
  "http://%31%32%37.0.0.1:{port}/",
  "http://127.0.0.1:{port}/",
  "http://①②⑦.⓪.⓪.①:{port}/",
  "http://127。0。0。1:{port}/",
  "http://0:{port}/",
  "http://0.0.0.0:{port}/",
  "http://0x0:{port}/",
  "http://00000000:{port}/",
  "http://localhost:{port}/",
  "http://LOCALHOST:{port}/",
  "http://localhost.:{port}/",
  "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
  "http://a.localhost:{port}/",
  "http://localhost.localdomain:{port}/",
  // IPv6 and what it carries
  "http://[::1]:{port}/",
  "http://[0:0:0:0:0:0:0:1]:{port}/",
  "http://[::]:{port}/",
  "http://[::ffff:127.0.0.1]:{port}/",
  "http://[::ffff:7f00:1]:{port}/",
  "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
  "http://[::127.0.0.1]:{port}/",
  "http://[::7f00:1]:{port}/",
  "http://[::ffff:0:127.0.0.1]:{port}/",
  "http://[64:ff9b::127.0.0.1]:{port}/",
  "http://[64:ff9b:1::7f00:1]:{port}/",
  "http://[2002:7f00:1::]:{port}/",
  "http://[2002:a9fe:a9fe::]:{port}/",
  "http://[2001:0:7f00:1::]:{port}/",
  "http://[2001:0:0:0:0:0:80ff:fffe]:{port}/",
  "http://[2607:f8b0::5efe:127.0.0.1]:{port}/",
  "http://[2607:f8b0::200:5efe:7f00:1]:{port}/",
  "http://[fe80::5efe:127.0.0.1]:{port}/",
  "http://[::1%25lo]:{port}/",
  "http://[fe80::1%25eth0]:{port}/",
  "http://[fe80::1]:{port}/",
  "http://[fec0::1]:{port}/",
  "http://[fc00::1]:{port}/",
  "http://[fd00:ec2::254]:{port}/",
  "http://[ff02::1]:{port}/",
  "http://[100::1]:{port}/",
  "http://[100:0:0:1::1]:{port}/",
  "http://[2001:db8::1]:{port}/",
  "http://[3fff::1]:{port}/",
  "http://[4000::1]:{port}/",
  "http://[5f00::1]:{port}/",
  "http://[2001:2::1]:{port}/",
  "http://[2001:20::1]:{port}/",
  // private, special and metadata addresses
  "http://10.0.0.1:{port}/",
  "http://172.16.0.1:{port}/",
  "http://172.31.255.255:{port}/",
  "http://192.168.0.1:{port}/",
  "http://100.64.0.1:{port}/",
  "http://100.100.100.200:{port}/latest/meta-data/",
  "http://169.254.169.254/latest/meta-data/",
  "http://169.254.170.2/v2/credentials",
  "http://0xa9fea9fe/",
  "http://2852039166/",
  "http://168.63.129.16/metadata/instance",
  "http://192.0.0.192/opc/v2/",
  "http://192.0.2.1/",
  "http://192.88.99.1/",
  "http://198.18.0.1/",
  "http://198.51.100.1/",
  "http://203.0.113.1/",
  "http://224.0.0.1/",
  "http://240.0.0.1/",
  "http://255.255.255.255/",
  "http://metadata.google.internal/computeMetadata/v1/",
  "http://metadata/",
  "http://instance-data/latest/",
  "http://kubernetes.default.svc/",
  "http://printer.local/",
  "http://router.home.arpa/",
  "http://wiki.corp/",
  "http://intranet/",
  "http://1.0.0.127.in-addr.arpa/",
  "http://hidden.onion/",
  // what parsers read differently
  "http://user:pass@127.0.0.1:{port}/",
  "http://example.com@127.0.0.1:{port}/",
  "http://@127.0.0.1:{port}/",
  "http://:@127.0.0.1:{port}/",
  "http://127.0.0.1:{port}\\@example.com/",
  "http:\\\\127.0.0.1:{port}\\",
  "http://127.0.0.1:{port} /",
  " http://127.0.0.1:{port}/",
  "http://127.0.0.1\t:{port}/",
  "http://127.0.0.1:{port}/\r\nHost: example.com",
  "http://127.0.0.1:{port}/\u0000",
  "ht\ntp://127.0.0.1:{port}/",
  "http:127.0.0.1:{port}/",
  "http:/127.0.0.1:{port}/",
  "http:///127.0.0.1:{port}/",
  "//127.0.0.1:{port}/",
  "127.0.0.1:{port}",
  "http://example..com:{port}/",
  "http://example.com..:{port}/",
  "http://-example.com:{port}/",
  "http://256.1.1.1:{port}/",
  "http://1.2.3.4.5:{port}/",
  "http://[::1:{port}/",
  "http://exa mple.com:{port}/",
  "http://",
  "",
  // other schemes
  "file:///etc/passwd",
  "ftp://127.0.0.1:{port}/",
  "gopher://127.0.0.1:{port}/_GET",
  "data:text/plain,hello",
  "javascript:alert(1)",
  "ws://127.0.0.1:{port}/",
  "unix:/var/run/docker.sock",
  "blob:http://127.0.0.1:{port}/x",
  // ports of services, on an address that would be good
  "http://93.184.215.14:22/",
  "http://93.184.215.14:25/",
  "http://93.184.215.14:2375/",
  "http://93.184.215.14:2379/",
  "http://93.184.215.14:5432/",
  "http://93.184.215.14:6379/",
  "http://93.184.215.14:7233/",
  "http://93.184.215.14:9200/",
  "http://93.184.215.14:10250/",
  "http://93.184.215.14:11211/",
  "http://93.184.215.14:27017/",
  "http://93.184.215.14:0/",
  "http://93.184.215.14:65536/",
  // names whose addresses are the trouble
  ...Object.keys(hostileNames).map((name) => `http://${name}:{port}/`),
  "http://LOOPBACK.example.com.:{port}/",
  `http://example.com/${"x".repeat(2048)}`,
];

/** All that are refused where names are resolved, or lead nowhere: numbered and not. */
export const hostileUrls: string[] = [
  ...new Set([
    ...hostileRows.filter(({ refused }) => ["save", "dial", "nowhere"].includes(refused)).map(({ url }) => url),
    ...unnumbered,
  ]),
];
