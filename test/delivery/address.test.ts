// Which URLs and addresses may be reached, as tables.
import fc from "fast-check";
import { checkAddress, checkUrl } from "../../src/delivery/address.ts";
import type { AddressPolicy } from "../../src/delivery/address.ts";

const strict: AddressPolicy = { allowHttp: false, allowNetworks: [] };
const development: AddressPolicy = { allowHttp: true, allowNetworks: ["127.0.0.0/8", "::1/128"] };

function verdict(text: unknown, policy: AddressPolicy): string {
  const checked = checkUrl(text, policy);
  return checked.ok ? checked.url.href : checked.code;
}

test.each<[string, string]>([
  ["https://example.com", "https://example.com/"],
  ["HTTPS://EXAMPLE.COM/Path", "https://example.com/Path"],
  ["https://example.com./a#part", "https://example.com/a"],
  ["https://example.com:8443/hook?x=1", "https://example.com:8443/hook?x=1"],
  ["https://example.com:80/", "https://example.com:80/"],
  ["https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"],
  ["https://my_app.example.com/", "https://my_app.example.com/"],
  ["https://example.com/a@b?c=@d", "https://example.com/a@b?c=@d"],
  ["https://93.184.215.14/", "https://93.184.215.14/"],
  ["https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"],
])("%s is allowed everywhere", (text, href) => {
  expect(verdict(text, strict)).toBe(href);
});

test("letters beyond ASCII are read in the hundred-thousandth URL as in the first one", () => {
  const refused = Array.from({ length: 100_000 }, () => verdict("https://bücher.example/ü", strict)).filter(
    (answer) => answer !== "https://xn--bcher-kva.example/%C3%BC",
  );
  expect(refused).toEqual([]);
});

test.each<[unknown, string]>([
  [undefined, "url.malformed"],
  [5, "url.malformed"],
  ["", "url.malformed"],
  ["https://[::1", "url.malformed"],
  ["https://256.256.256.256/", "url.malformed"],
  [`https://example.com/${"a".repeat(2048)}`, "url.too_long"],
  ["https://example.com/a b", "url.characters"],
  ["https://example.com/\n", "url.characters"],
  ["https://example.com\\a", "url.characters"],
  ["http://example.com/", "url.scheme"],
  ["ftp://example.com/", "url.scheme"],
  ["https:example.com", "url.scheme"],
  ["https://user@example.com/", "url.userinfo"],
  ["https://@example.com/", "url.userinfo"],
  ["https://example.com:22/", "url.port"],
  ["https://example.com:1023/", "url.port"],
  ["https://example.com:27017/", "url.port"],
  ["https://example/", "url.name"],
  ["https://a.internal/", "url.name"],
  ["https://a.home.arpa/", "url.name"],
  ["https://a..example.com/", "url.name"],
  ["https://localhost/", "url.address"],
  ["https://127.0.0.1/", "url.address"],
  ["https://[::ffff:10.0.0.1]/", "url.address"],
])("%s is refused with %s", (text, code) => {
  expect(verdict(text, strict)).toBe(code);
});

test.each([
  ["http://localhost:3000/", "http://localhost:3000/"],
  ["http://127.0.0.1:1024/", "http://127.0.0.1:1024/"],
  ["http://[::1]:9999/", "http://[::1]:9999/"],
  ["http://localhost:6379/", "url.port"],
  ["http://localhost:27017/", "url.port"],
  ["http://localhost:1023/", "url.port"],
  ["http://10.0.0.1/", "url.address"],
  ["http://a.localhost/", "url.name"],
])("with loopback allowed, %s is %s", (text, expected) => {
  expect(verdict(text, development)).toBe(expected);
});

test("a name that the operator allows needs no dot, and its address is still checked when it is dialled", () => {
  const policy = { ...strict, allowNames: ["billing"] };
  expect(verdict("https://billing/", policy)).toBe("https://billing/");
  expect(verdict("https://billing2/", policy)).toBe("url.name");
});

test.each([
  ["https://hooks.acme.com/v1/events", "url.own"],
  ["https://HOOKS.acme.com.:8443/", "url.own"],
  ["https://api.acme.com:8443/", "url.own"],
  ["https://api.acme.com/", "https://api.acme.com/"],
  ["https://hooks.acme.com.example.com/", "https://hooks.acme.com.example.com/"],
])("where the server is itself hooks.acme.com and api.acme.com:8443, %s is %s", (text, expected) => {
  expect(verdict(text, { ...strict, ownHosts: ["hooks.acme.com", "api.acme.com:8443"] })).toBe(expected);
});

test.each([
  ["1.1.1.1", true],
  ["2606:4700:4700::1111", true],
  ["::ffff:1.1.1.1", true],
  ["::ffff:10.0.0.1", false],
  ["127.0.0.1", false],
  ["168.63.129.16", false],
  ["100:0:0:1::1", false],
  ["4000::1", false],
  ["2002:101:101::", false],
  ["2001:0:101::", false],
  ["2606:4700::5efe:1.1.1.1", false],
  ["2606:4700::200:5efe:1.1.1.1", false],
  ["64:ff9b::1.1.1.1", false],
  ["::1.1.1.1", false],
  ["0::1.1.1.1", false],
  ["0:0:0:0:0:0:1.1.1.1", false],
  ["fe80::1%eth0", false],
  ["0177.0.0.1", false],
  ["1.1", false],
  ["example.com", false],
  ["", false],
])("%s is public: %s", (address, isPublic) => {
  expect(checkAddress(address, strict).ok).toBe(isPublic);
});

test("allowed networks open what lies in them, in mapped form too, and nothing else", () => {
  const policy = { allowHttp: false, allowNetworks: ["10.1.0.0/16", "::ffff:10.2.0.0/112", "192.168.1.7", "fd00::/8"] };
  const addresses = [
    "10.1.2.3",
    "::ffff:10.1.2.3",
    "10.2.9.9",
    "192.168.1.7",
    "fd12::1",
    "10.3.0.1",
    "192.168.1.8",
    "fe80::1",
  ];
  expect(addresses.filter((address) => checkAddress(address, policy).ok)).toEqual(addresses.slice(0, 5));
});

test("whatever the text, a URL that is allowed is https, without credentials, and at most 2,048 characters", () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((ip) => `[${ip}]`),
  );
  const url = fc
    .tuple(fc.constantFrom("https://", "http://", "//"), fc.string(), host, fc.string())
    .map((p) => p.join(""));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), url), (text) => {
      const checked = checkUrl(text, strict);
      if (!checked.ok) return;
      expect(checked.url).toMatchObject({ protocol: "https:", username: "", password: "", hash: "" });
      expect(checkUrl(checked.url.href, strict)).toEqual(checked);
    }),
  );
});
