// Header names and values that users give.
import fc from "fast-check";
import { checkHeaders, deliveryHeaderNames } from "../../src/delivery/header.ts";

test.each<[Record<string, unknown>, string[]]>([
  [{}, []],
  [{ "X-Team": "support", Accept: "application/json", Authorization: "Bearer abc" }, []],
  [{ "x-latin": "caf\u00e9", "x-tab": "a\tb", "x-empty": "" }, []],
  [{ "x y": "a" }, ["/x y header.name"]],
  [{ "": "a" }, ["/ header.name"]],
  [{ "x:y": "a" }, ["/x:y header.name"]],
  [{ "x\r\ny": "a" }, ["/x\r\ny header.name"]],
  [{ "x-a/b~c": "a" }, ["/x-a~1b~0c header.name"]],
  [{ "x-a": "b\r\nx-evil: 1" }, ["/x-a header.value"]],
  [{ "x-a": "b\nc" }, ["/x-a header.value"]],
  [{ "x-a": "b\0" }, ["/x-a header.value"]],
  [{ "x-a": "\u007f" }, ["/x-a header.value"]],
  [{ "x-a": "\u0416" }, ["/x-a header.value"]],
  [{ "x-a": 5 }, ["/x-a header.value"]],
  [{ Host: "a", "content-length": "1" }, ["/Host header.denied", "/content-length header.denied"]],
  [{ "Transfer-Encoding": "chunked" }, ["/Transfer-Encoding header.denied"]],
  [{ Connection: "close", TE: "x" }, ["/Connection header.denied", "/TE header.denied"]],
  [
    { "Proxy-Authorization": "a", "X-Forwarded-For": "b" },
    ["/Proxy-Authorization header.denied", "/X-Forwarded-For header.denied"],
  ],
  [{ "Webhook-Signature": "v1,x" }, ["/Webhook-Signature header.denied"]],
  [{ "Svix-Signature": "v1,x" }, ["/Svix-Signature header.denied"]],
  [{ "x-a": "a".repeat(4096), "x-b": "\u00e9".repeat(4096) }, []],
  [{ "x-a": "a".repeat(4097) }, ["/x-a header.value_too_long"]],
  [{ "X-A": "1", "x-a": "2" }, ["/x-a header.duplicate"]],
  [Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`x-${i}`, "a".repeat(4096)])), [" header.too_large"]],
  [Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, "a"])), [" header.too_many"]],
])("headers %# have these findings", (headers, expected) => {
  expect(checkHeaders(headers).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(expected);
});

test("a profile's own headers are refused in any case", () => {
  expect(checkHeaders({ "x-hub-SIGNATURE": "sha256=0" }, ["X-Hub-Signature"])).toMatchObject([
    { code: "header.denied" },
  ]);
});

// security.md: hop-by-hop, `host`, `content-length`, `proxy-*`, `x-forwarded-*`, signature headers.
test.each([
  "Connection",
  "Keep-Alive",
  "TE",
  "Trailer",
  "Transfer-Encoding",
  "Upgrade",
  "HTTP2-Settings",
  "Proxy-Authorization",
  "Proxy-Authenticate",
  "Proxy-Connection",
  "Host",
  "Content-Length",
  "Expect",
  "Via",
  "Forwarded",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Proto",
  "X-Real-IP",
  "Accept-Encoding",
  "Webhook-Id",
  "Webhook-Timestamp",
  "Webhook-Signature",
  "Svix-Id",
  "Svix-Timestamp",
  "Svix-Signature",
])("nobody may set %s, in whatever case", (name) => {
  for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
    expect(checkHeaders({ [spelt]: "a" })).toMatchObject([{ pointer: `/${spelt}`, code: "header.denied" }]);
  }
});

test("on a delivery to an endpoint, nobody sets what says how its body is read or by whom it is signed", () => {
  for (const name of deliveryHeaderNames) {
    expect(checkHeaders({ [name.toUpperCase()]: "a" }, deliveryHeaderNames)).toMatchObject([{ code: "header.denied" }]);
  }
  expect(
    checkHeaders({ "User-Agent": "Acme/1.0", Authorization: "Bearer a", Cookie: "a=b" }, deliveryHeaderNames),
  ).toEqual([]);
});

test("headers without findings can always be written to the wire", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: "binary" })), (headers) => {
      if (checkHeaders(headers).length > 0) return;
      // The platform's own class knows the same syntax and throws for what it cannot send.
      expect(() => new Headers(headers)).not.toThrow();
      expect(Object.entries(headers).join()).not.toMatch(/[\r\n\0]/);
    }),
  );
});
