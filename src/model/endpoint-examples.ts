// Examples of endpoints' settings, and of what is none: for the schema's test and the API's document.
import type { EndpointGiven } from "./endpoint-given.ts";

const plain: EndpointGiven = { url: "https://hooks.example.com/in", events: ["order.created"] };

export const endpointExamples: EndpointGiven[] = [
  {
    url: "https://hooks.example.com/orders",
    events: ["order.created", "order.item.*"],
    name: "Orders of Acme",
    filter: { ">=": [{ var: "event.data.total" }, 100] },
    retry: { schedule: ["5s", "5m", "30m", "2h"] },
    rateLimit: { max: 60, per: "1m" },
  },
  plain,
  { ...plain, events: ["*"], enabled: false, secret: null, metadata: { customer: "cus_1" } },
  { ...plain, filter: { field: "data.status", operator: "in", value: ["paid", "sent"] }, secretKind: "ed25519" },
  { ...plain, transform: { fields: ["order.id", "customer.email"] }, headers: { "X-Shop": "7" } },
  { ...plain, transform: { payload: { order: "{{event.data.id}}" } }, order: "{{event.data.id}}", timeout: "10s" },
  { ...plain, batch: { max: 100, for: "10s" }, breaker: false, disableAfter: false, concurrency: 5 },
  { ...plain, breaker: { share: 0.5, min: 10, within: "5m", open: "1m" }, alerts: { slow: "2s", consecutive: 3 } },
  { ...plain, profile: "hub", also: ["standard"], secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
  {
    ...plain,
    oauth2: {
      tokenUrl: "https://login.example.com/token",
      clientId: "millrace",
      clientSecret: "only-an-example",
      scope: "events",
    },
  },
];

export const endpointCounterExamples: { why: string; pointer: string; code: string; endpoint: unknown }[] = [
  { why: "an endpoint is an object", pointer: "", code: "type", endpoint: [] },
  { why: "the URL is missing", pointer: "/url", code: "required", endpoint: { events: ["*"] } },
  { why: "the events are missing", pointer: "/events", code: "required", endpoint: { url: plain.url } },
  { why: "it listens to nothing", pointer: "/events", code: "range", endpoint: { ...plain, events: [] } },
  { why: "a wildcard in the middle", pointer: "/events/0", code: "format", endpoint: { ...plain, events: ["a.*.b"] } },
  { why: "a misspelt member", pointer: "/rateLimits", code: "unknown", endpoint: { ...plain, rateLimits: {} } },
  {
    why: "a number is no header",
    pointer: "/headers/X-A",
    code: "type",
    endpoint: { ...plain, headers: { "X-A": 1 } },
  },
  { why: "a timeout needs a unit", pointer: "/timeout", code: "format", endpoint: { ...plain, timeout: "30" } },
  {
    why: "two ways to make the payload",
    pointer: "/transform",
    code: "range",
    endpoint: { ...plain, transform: { fields: ["a"], payload: {} } },
  },
  {
    why: "a rate without its time",
    pointer: "/rateLimit/per",
    code: "required",
    endpoint: { ...plain, rateLimit: { max: 60 } },
  },
  {
    why: "a batch of one",
    pointer: "/batch/max",
    code: "range",
    endpoint: { ...plain, batch: { max: 1, for: "1s" } },
  },
  { why: "too much at once", pointer: "/concurrency", code: "range", endpoint: { ...plain, concurrency: 501 } },
  { why: "a breaker is not switched on", pointer: "/breaker", code: "value", endpoint: { ...plain, breaker: true } },
  {
    why: "a share is at most 1",
    pointer: "/breaker/share",
    code: "range",
    endpoint: { ...plain, breaker: { share: 80 } },
  },
  { why: "metadata is text", pointer: "/metadata/n", code: "type", endpoint: { ...plain, metadata: { n: 1 } } },
  { why: "no such kind of secret", pointer: "/secretKind", code: "value", endpoint: { ...plain, secretKind: "rsa" } },
  { why: "a profile's id is small", pointer: "/profile", code: "format", endpoint: { ...plain, profile: "Standard" } },
  { why: "a retry that is none", pointer: "/retry", code: "value", endpoint: { ...plain, retry: "forever" } },
  {
    why: "no such way to authenticate",
    pointer: "/oauth2/clientAuth",
    code: "value",
    endpoint: { ...plain, oauth2: { tokenUrl: "https://a.example/", clientId: "a", clientAuth: "jwt" } },
  },
];
