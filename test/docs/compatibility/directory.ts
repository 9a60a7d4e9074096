// Rows D1 to D41 and D58 to D76 of the contract: the business directory's webhooks, tools, plugins and checks.
import {
  alertsRaised,
  api,
  certificates,
  deadLetters,
  deliveryRow,
  directory,
  gallery,
  httpsOnly,
  inbox,
  log,
  mapping,
  of,
  rateLimit,
  rotation,
  samples,
  statsByEndpoint,
  times,
  wire,
  type Row,
} from "./row.ts";

const event = [...gallery, ...samples];
const verified = directory("its receiver verifies every body, and finds the guide's members, headers and times");
const comesBack = api("its own fields choose it on %s, and come back as they were sent");
const filters = directory("filters by equals, contains, in and exists choose the events");
const retryConfig = directory("retryConfig sets attempts and growth, from two seconds on");
const simulated = api(
  "a simulation sends a signed event with test data and answers what came of it",
  "a simulation takes data of one's own, makes some for the types that it knows, and answers an error that came",
);
const checked = api(
  "the endpoint check on %s posts an unsigned test under its own User-Agent and says what it found",
  "the endpoint check of what answers 500, and of what nobody answers at",
);
const conformance = of("connectors/conformance");

export const directoryRows: readonly Row[] = [
  ["D1", "`business.created`, `.updated`, `.verified`, `.deleted`", event],
  ["D2", "`review.created`, `.updated`, `.responded`, `.moderated`", event],
  ["D3", "`user.registered`, `.subscription_changed`", event],
  [
    "D4",
    "`api.rate_limit_exceeded`, `api.quota_warning`",
    "The types have samples and schemas in the gallery, and can be published, filtered and delivered like any other. Millrace does not raise them itself: its keys have no rate tiers yet.",
  ],
  ["D5", "schemas of `business.created`, `business.updated`, `review.created`", event],
  [
    "D6",
    "endpoints are registered and checked",
    [
      ...comesBack,
      ...of("api/endpoints")("everything that is wrong is told at once, whether its form or what it names is wrong"),
    ],
  ],
  ["D7", "types are chosen and events filtered", filters],
  ["D8", "own payload, chosen fields", directory("chosen fields, or a payload of one's own, go out as the data")],
  ["D9", "signing", verified],
  [
    "D10",
    "retries with exponential backoff",
    [...retryConfig, ...times("tries at once and then after each of its delays, no sooner, and gives up then")],
  ],
  ["D11", "failures are handled and alerted", [...deadLetters, ...alertsRaised]],
  ["D12", "tests and simulation", simulated],
  [
    "D13",
    "a subscription has `id`, `userId`, `endpointUrl`, `secret`, `events`, `active`, `filters`, `retryConfig`, `headers`, `createdAt`, `updatedAt`",
    [
      ...comesBack,
      ...mapping("directory shows a subscription's members, brainsait and hub the secret in the one answer that may"),
    ],
  ],
  [
    "D14",
    "filters `{field, operator, value}` with `equals`, `contains`, `in`, `exists`",
    [
      ...filters,
      ...of("api/compat/filters")(
        "filters are shown as they were written, by fields of the data and by paths of the event",
      ),
    ],
  ],
  [
    "D15",
    "`retryConfig` with `maxRetries`, `backoffMultiplier`, `maxBackoffSeconds`",
    [
      ...retryConfig,
      ...of("api/compat/retries")(
        "maxRetries counts attempts: five of them end after four delays",
        "what is given is what is shown",
      ),
    ],
  ],
  [
    "D16",
    "own headers on each request",
    [...verified, ...directory("headers of the signature cannot be replaced by one's own")],
  ],
  [
    "D17",
    "the body is `{id, type, created, data, webhook: {subscription_id, delivery_attempt}}`",
    [...verified, ...times("directory counts the attempt in the body, and keeps `created`")],
  ],
  ["D18", "`X-Webhook-Signature` is `sha256=` and hex HMAC-SHA256 over the body", verified],
  ["D19", "`X-Webhook-Timestamp` in milliseconds", verified],
  ["D20", "`User-Agent: Lawless-Directory-Webhooks/1.0`", verified],
  ["D21", "`Content-Type` is exactly `application/json`", verified],
  [
    "D22",
    "five attempts, the first delay 2 s, doubling",
    times("tries at once and then after each of its delays, no sooner, and gives up then"),
  ],
  ["D23", "30 s for an attempt", wire("time limits and rate limit are those of the contract")],
  [
    "D24",
    "every status outside 2xx is tried again",
    [
      ...directory("an answer of %i is tried again after two seconds, and never followed"),
      ...wire("every status means what the contract says"),
    ],
  ],
  [
    "D25",
    "one delivery for a subscription and an event's id",
    directory("one event is delivered to a subscription once, however often it is published"),
  ],
  [
    "D26",
    "a delivery to an inactive subscription is recorded as skipped, with the reason",
    [
      ...directory("a delivery to an inactive subscription is recorded as skipped, with the reason"),
      ...log(
        "directory records a skipped delivery with its reason, and of others success, status, duration, attempt and type",
      ),
    ],
  ],
  [
    "D27",
    "asynchronous, by a queue",
    of("end-to-end/webhooks/hostile")(
      "five hundred deliveries to an endpoint that hangs hold up none of a healthy one, and none of them is lost",
    ),
  ],
  ["D28", "a list of what was given up", [...retryConfig, ...deadLetters]],
  [
    "D29",
    "each delivery's outcome, status, duration, attempt and type",
    log(
      "directory records a skipped delivery with its reason, and of others success, status, duration, attempt and type",
    ),
  ],
  ["D30", "success rates", statsByEndpoint],
  ["D31", "the health of endpoints is watched", [...alertsRaised, ...statsByEndpoint]],
  [
    "D32",
    "batches for high volume",
    of("end-to-end/webhooks/lanes")(
      "a batch endpoint gets up to so many events in one request, the rest after its time, and each is accounted for",
    ),
  ],
  [
    "D33",
    "guarantees of service and speed",
    "What is promised stands in `docs/reliability.md` and is tried by faults at each step; speeds are measured beside a bare sender, in `docs/benchmarks.md`. An agreement about them is a company's own.",
  ],
  [
    "D34",
    "how many finished jobs are kept: 100 done, 50 failed",
    "A sample's setting of its queue. Rows and bodies of deliveries are kept by time instead, so that nothing is lost for others being many: `docs/delivery-log.md`.",
  ],
  ["D35", "HMAC verification", verified],
  [
    "D36",
    "a list of allowed addresses for endpoints",
    of("delivery/address")("allowed networks open what lies in them, in mapped form too, and nothing else"),
  ],
  ["D37", "TLS for URLs, certificates checked", [...httpsOnly, ...certificates]],
  [
    "D38",
    "secrets are kept safely and rotated",
    [
      ...rotation,
      ...of("endpoint/desk")("an endpoint is made with a secret of its own, which stands sealed in the store"),
    ],
  ],
  [
    "D39",
    "payloads can be encrypted",
    of("delivery/encrypt")(
      "an encrypted delivery of %s is signed over what is sent, and holds what would have been sent",
    ),
  ],
  ["D40", "a rate limit for deliveries", rateLimit],
  [
    "D41",
    "a trail of accesses and changes",
    [...deliveryRow, ...of("api/endpoints")("no answer but those that say so, and no line of the log, holds a secret")],
  ],
  [
    "D58",
    "a console that simulates events",
    "There is no console yet. `POST …/{id}/simulate` and `POST /v1/event-types/{name}/simulate` do it: D71 to D73.",
  ],
  ["D59", "a log of deliveries with details", deliveryRow],
  [
    "D60",
    "payloads are inspected and checked",
    [...inbox, ...of("api/inbox")("what the tenant's secret signed is verified; anything else says why it is not")],
  ],
  [
    "D61",
    "a tunnel to a receiver on one's own machine",
    "Not shipped: it would need a public server of ours. Outside production a receiver on the same machine is reached as it is, and `/inbox/{name}` shows and verifies what arrives.",
  ],
  [
    "D62",
    "events can be replayed",
    of("end-to-end/webhooks/recoveries")(
      "what an endpoint missed is sent: before it existed and while it was disabled, by its types and filter of now",
    ),
  ],
  [
    "D63",
    "a test of an endpoint's speed",
    "Not shipped as a button: an endpoint's percentiles come from its real deliveries, under `GET /v1/stats/endpoints`; `npm run bench:webhooks` measures the sender.",
  ],
  [
    "D64",
    "examples and templates of integrations",
    [...gallery, ...of("docs/flow-examples")("flow $number of $page could be published as it stands")],
  ],
  [
    "D65",
    "plugins: name, version, events, authentication, transformation, delivery, health",
    conformance(
      "every connector, action and way to authenticate has a fixture",
      "whether its credentials work can be asked, unless they only sign",
    ),
  ],
  [
    "D66",
    "a plugin's delivery answers what the other system made, or an error",
    conformance("has an output schema whose examples hold", "$title is $ending"),
  ],
  [
    "D67",
    "health by a harmless read",
    of("connectors/salesforce/salesforce")("a test of the connection says which organization it reaches"),
  ],
  [
    "D68",
    "OAuth for third parties",
    of("connectors/salesforce/tokens")("a client's id and secret get a token, and a wrong secret does not"),
  ],
  [
    "D69",
    "data is transformed and mapped",
    of("connectors/salesforce/directory-flows")(
      "the lead of a business has its fields, wherever the directory puts phone and website, and is made once",
    ),
  ],
  [
    "D70",
    "the health of each integration is watched",
    of("end-to-end/waiting")(
      "a step whose connection is refused waits, is shown, and goes on with the credentials that repair it",
    ),
  ],
  ["D71", "a simulated event has `test_<ms>`, version 1.0 and `metadata.test`", simulated],
  ["D72", "own mock data, or data made for the type", simulated],
  ["D73", "the answer is `{success, duration, event, message}` or `{…, error}`", simulated],
  ["D74", "the endpoint check posts `{test: true}` under a User-Agent of its own, unsigned, within 10 s", checked],
  ["D75", "it answers `{valid, status, ssl, responseTime, issues}`", checked],
  ["D76", "a connection that fails answers status 0 and `Connection failed`", checked],
];
