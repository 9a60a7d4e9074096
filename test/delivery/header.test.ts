// Header names and values that users give.
import fc from "fast-check";
import { checkHeaders } from "../../src/delivery/header.ts";

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
  [{ "X-A": "1", "x-a": "2" }, ["/x-a header.duplicate"]],
  [{ "x-a": "a".repeat(16 * 1024) }, [" header.too_large"]],
  [Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, "a"])), [" header.too_many"]],
])("headers %# have these findings", (headers, expected) => {
  expect(checkHeaders(headers).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(expected);
});

test("a profile's own headers are refused in any case", () => {
  expect(checkHeaders({ "x-hub-SIGNATURE": "sha256=0" }, ["X-Hub-Signature"])).toMatchObject([
    { code: "header.denied" },
  ]);
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
