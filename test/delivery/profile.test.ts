// Profiles that tenants write: what is right, what is wrong, and what they are told.
import { Ajv2020 } from "ajv/dist/2020.js";
import { checkProfile, profileSchema, readProfile } from "../../src/delivery/profile.ts";
import { profileIds } from "../../src/delivery/profiles.ts";
import { readPackageJson } from "../../src/package-root.ts";

const hmac = {
  kind: "hmac",
  header: "X-S",
  algorithm: "sha256",
  content: "{{body}}",
  encoding: "hex",
  secretForm: "text",
};
const own = { id: "own", title: "Own", envelope: { data: "{{data}}" }, signatures: [hmac] };

test("a profile of four members is enough, and the rest is as it is most often", () => {
  expect(checkProfile(own)).toEqual([]);
  expect(readProfile(own)).toMatchObject({
    contentType: "application/json",
    dataForm: "present",
    bodyForm: "raw",
    headers: {},
    timeouts: { totalMs: 15_000 },
    answers: { status: { "410": "disable", "5xx": "retry" }, retryAfter: true, refusals: true },
  });
  expect(readProfile({ ...own, answers: { refusals: false } }).answers).toMatchObject({
    status: { "410": "disable" },
    retryAfter: true,
    refusals: false,
  });
});

test.each(profileIds)("the shipped profile %s fits the published schema, and has no finding", (id) => {
  const data = readPackageJson(`templates/profiles/${id}.json`);
  expect(new Ajv2020({ strict: false }).validate(profileSchema, data)).toBe(true);
  expect(checkProfile(data)).toEqual([]);
});

const message = { kind: "http-message", label: "sig", components: ["content-digest"], secretForm: "whsec" };
const standard = { kind: "standard-webhooks", header: "webhook-signature" };
const { header: _, ...headless } = hmac;
const field = { ...headless, field: "sig" };

test.each<[string, object, string, string, string]>([
  ["a member that is not known", { bodyFrom: "raw" }, "/bodyFrom", "unknown", "`bodyFrom` is not known here."],
  ["no envelope", { envelope: undefined }, "/envelope", "required", "`envelope` is missing."],
  ["a bad id", { id: "My profile" }, "/id", "format", "small letters, digits and hyphens"],
  ["no signature", { signatures: [] }, "/signatures", "range", "at least 1"],
  ["an unknown kind", { signatures: [{ kind: "rsa" }] }, "/signatures/0/kind", "value", "`hmac`"],
  ["a weak hash", { signatures: [{ ...hmac, algorithm: "md5" }] }, "/signatures/0/algorithm", "value", "`sha256`"],
  [
    "neither header nor field",
    { signatures: [{ ...field, field: undefined }] },
    "/signatures/0",
    "required",
    "`header`",
  ],
  ["both", { signatures: [{ ...hmac, field: "sig" }] }, "/signatures/0", "form", "not in both"],
  [
    "a signature of nothing",
    { signatures: [{ ...hmac, content: "{{deliveryId}}" }] },
    "/signatures/0/content",
    "template",
    "{{body}}",
  ],
  [
    "an unknown variable",
    { envelope: { a: { "b/c": "{{evnt}}" } } },
    "/envelope/a/b~1c",
    "template",
    'no variable "evnt". Known: data, deliveryId',
  ],
  ["an inherited name", { envelope: { a: "{{constructor}}" } }, "/envelope/a", "template", 'no variable "constructor"'],
  [
    "data inside a text",
    { envelope: { a: "x{{data}}" } },
    "/envelope/a",
    "template",
    "one whole value of the envelope",
  ],
  ["data twice", { envelope: ["{{data}}", "{{data}}"] }, "/envelope", "template", "once at most"],
  ["the body in itself", { envelope: { a: "{{body}}" } }, "/envelope", "template", "this is the body"],
  ["the body in a header", { headers: { "X-A": "{{body}}" } }, "/headers/X-A", "template", "in what is signed only"],
  ["data in a header", { headers: { "X-A": "{{data}}" } }, "/headers/X-A", "template", "one whole value"],
  ["a line break in a header", { headers: { "X-A": "a\r\nb" } }, "/headers/X-A", "format", "printable ASCII"],
  [
    "a header's name with a space",
    { headers: { "X A": "a" } },
    "/headers/X A",
    "format",
    "letters, digits and hyphens",
  ],
  ["a header of the connection", { headers: { Host: "a" } }, "/headers/Host", "header.denied", "set by the connection"],
  [
    "what proxies say of a request",
    { headers: { "X-Forwarded-For": "127.0.0.1" } },
    "/headers/X-Forwarded-For",
    "header.denied",
    "set by the connection",
  ],
  [
    "the length of the body",
    { headers: { "Content-Length": "1" } },
    "/headers/Content-Length",
    "header.denied",
    "connection",
  ],
  ["a header twice", { headers: { "X-A": "a", "x-a": "b" } }, "/headers/x-a", "header.duplicate", "set twice"],
  ["a header that is the signature's", { headers: { "x-s": "a" } }, "/signatures/0", "header.duplicate", '"x-s"'],
  [
    "the content type among headers",
    { headers: { "Content-Type": "a/b" } },
    "/headers/Content-Type",
    "header.duplicate",
    "twice",
  ],
  ["a content type that is none", { contentType: "json" }, "/contentType", "format", "application/json"],
  [
    "an envelope that is no form",
    { contentType: "application/x-www-form-urlencoded", envelope: "{{data}}" },
    "/envelope",
    "form",
    "A form has names",
  ],
  [
    "a field in no object",
    { envelope: "{{data}}", signatures: [field] },
    "/signatures/0/field",
    "form",
    "needs an envelope that is an object",
  ],
  ["a field that is there", { envelope: { sig: 1 }, signatures: [field] }, "/signatures/0/field", "value", "already"],
  ["two fields", { signatures: [field, { ...field, field: "other" }] }, "/signatures/1/field", "form", "One signature"],
  ["a field twice", { signatures: [hmac, field, field] }, "/signatures/2/field", "form", "One signature"],
  [
    "Standard Webhooks without its headers",
    { signatures: [standard] },
    "/signatures/0",
    "required",
    "{{deliveryId}} alone",
  ],
  [
    "a covered header that is not sent",
    { signatures: [{ ...message, components: ["content-digest", "x-b"] }] },
    "/signatures/0/components/1",
    "value",
    'No header "x-b"',
  ],
  [
    "a message signature that lets the body go",
    { signatures: [{ ...message, components: ["@method"] }] },
    "/signatures/0/components",
    "value",
    "content-digest",
  ],
  [
    "a component that is none",
    { signatures: [{ ...message, components: ["@status"] }] },
    "/signatures/0/components/0",
    "format",
    "`@method`",
  ],
  [
    "a lead without an end",
    { signatures: [{ ...hmac, lead: "t={{unixSeconds}}" }] },
    "/signatures/0/lead",
    "form",
    "end with text",
  ],
  ["a separator of nothing", { signatures: [{ ...hmac, separator: "" }] }, "/signatures/0/separator", "range", "1"],
  ["a delay that is too long", { retry: { schedule: ["31d"] } }, "/retry/schedule/0", "range", "30d"],
  ["a misspelt policy", { retry: "dayly" }, "/retry", "value", "`day`"],
  ["a rule for a success", { answers: { status: { "200": "retry" } } }, "/answers/status/200", "format", "`4xx`"],
  ["a rule that is none", { answers: { status: { "4xx": "ignore" } } }, "/answers/status/4xx", "value", "`retry`"],
  ["a rate of no time", { rateLimit: { max: 1, per: "0s" } }, "/rateLimit/per", "range", "1ms"],
  ["no time at all", { timeouts: { totalMs: 0 } }, "/timeouts/totalMs", "range", "at least 1"],
  ["a long envelope", { envelope: { a: "x".repeat(17_000) } }, "/envelope", "range", "16384"],
])("a profile with %s is told so", (_, over, pointer, code, text) => {
  const written = JSON.parse(JSON.stringify({ ...own, ...over })) as unknown;
  expect(checkProfile(written)).toContainEqual(
    expect.objectContaining({ pointer, code, message: expect.stringContaining(text) }),
  );
  expect(() => readProfile(written)).toThrow(TypeError);
});

test.each([null, 5, "standard", [], {}])("%j is no profile", (value) => {
  expect(checkProfile(value)).not.toEqual([]);
});
