// Rows B48 to B70 of the contract: the webhooks of Bakhmach Business Hub.
import {
  alerts,
  alertsRaised,
  api,
  bakhmach,
  breaker,
  deliveryRow,
  httpsOnly,
  inbox,
  of,
  rateLimit,
  rotation,
  stats,
  statsByEndpoint,
  times,
  wholeReceiver,
  wire,
  type Row,
} from "./row.ts";

const sixMembers = api("making a webhook answers its six members with an absolute test_url, and not the secret");
const bothReceivers = bakhmach(
  "both of the guide's receivers verify every body, whose members are the guide's in their order",
);

export const bakhmachRows: readonly Row[] = [
  ["B48", "`POST /v1/webhooks` with a bearer token takes `{url, events, active, secret}`", sixMembers],
  [
    "B49",
    "the answer has `id` (`webhook_…`), `url`, `events`, `active`, `created_at`, `test_url`, and no secret",
    sixMembers,
  ],
  [
    "B50",
    "`test_url` is absolute and ends in `/v1/webhooks/<id>/test`",
    [...sixMembers, ...bakhmach("test_url sends a signed test by POST without a body or a Content-Type")],
  ],
  ["B51", "`GET /v1/webhooks` lists", api("list, get and delete")],
  [
    "B52",
    "`PUT /v1/webhooks/<id>` changes only what it names, also without a JSON `Content-Type`",
    [
      ...bakhmach("PUT as the guide prints it, without a JSON Content-Type, and an inactive webhook gets nothing"),
      ...api("PUT changes only what it names and takes JSON under %p, %s"),
    ],
  ],
  [
    "B53",
    "`DELETE /v1/webhooks/<id>`",
    [
      ...api("list, get and delete"),
      ...bakhmach(
        "a type of three parts arrives, one that was not asked for does not, and a deleted webhook gets nothing more",
      ),
    ],
  ],
  [
    "B54",
    "`POST /v1/webhooks/<id>/test` without a body",
    [
      ...api("a test without a body sends a signed event in the profile's envelope"),
      ...bakhmach("test_url sends a signed test by POST without a body or a Content-Type"),
    ],
  ],
  [
    "B55",
    "the body is `{id, type, timestamp, data, signature}`, the time ISO 8601 in UTC",
    [
      ...bothReceivers,
      ...wire(
        "the envelope has the members of the contract in their order, and an id of its form",
        "times are written as each guide writes them, whatever precision was published",
      ),
    ],
  ],
  ["B56", "the signature stands in the body: `sha256=` and lower-case hex HMAC-SHA256", bothReceivers],
  [
    "B57",
    "a receiver in JavaScript hashes `JSON.stringify` of the parsed payload",
    [...bothReceivers, ...wire("the body of %s is a fixed point of parsing and writing, also for a whole batch")],
  ],
  ["B58", "a receiver in Python hashes the payload's text", bothReceivers],
  [
    "B59",
    "delivery in real time",
    [
      ...times("tries at once and then after each of its delays, no sooner, and gives up then"),
      ...of("end-to-end/webhooks/first-attempt")(
        "an event reaches every endpoint that wants its type once, signed with the endpoint's own secret",
      ),
    ],
  ],
  [
    "B60",
    "five attempts: at once, then after 5 min, 30 min, 2 h, 24 h",
    [
      ...times("tries at once and then after each of its delays, no sooner, and gives up then"),
      ...wire("delays, window and jitter are those of the contract"),
    ],
  ],
  ["B61", "nothing later than 30 hours", times("the last attempt lies within its window")],
  [
    "B62",
    "2xx is success, everything else is tried again",
    bakhmach("an answer of %i is tried again after five minutes", "an answer of %i is a success"),
  ],
  ["B63", "10 s for connecting", wire("time limits and rate limit are those of the contract")],
  [
    "B64",
    "30 s for the answer",
    [
      ...wire("time limits and rate limit are those of the contract"),
      ...of("delivery/http-timeouts")(
        "a receiver that takes the request and stays silent is given up after the time for silence",
      ),
    ],
  ],
  [
    "B65",
    "secrets rotate, failures are monitored, endpoints have rate limits, URLs are HTTPS",
    [...rotation, ...alertsRaised, ...rateLimit, ...httpsOnly],
  ],
  [
    "B66",
    "receivers can work asynchronously and idempotently",
    [...wholeReceiver, ...times("every attempt carries the same event")],
  ],
  [
    "B67",
    "backoff, stored events for replay, monitoring, circuit breakers",
    [
      ...breaker,
      ...alerts,
      ...of("end-to-end/webhooks/recoveries")(
        "what an endpoint missed is sent: before it existed and while it was disabled, by its types and filter of now",
      ),
    ],
  ],
  [
    "B68",
    "tools for testing",
    [
      ...inbox,
      ...api("a test without a body sends a signed event in the profile's envelope"),
      ...of("docs/receiving")("the commands of the page work"),
    ],
  ],
  [
    "B69",
    "one can see whether it is enabled, reachable, which types it has, and what was answered",
    [
      ...bakhmach("one can see whether it is enabled, its answers' status and its errors"),
      ...api("the endpoint check of what answers 500, and of what nobody answers at"),
    ],
  ],
  [
    "B70",
    "a log of deliveries with the answers' status and time-outs",
    [
      ...bakhmach("one can see whether it is enabled, its answers' status and its errors"),
      ...deliveryRow,
      ...stats,
      ...statsByEndpoint,
    ],
  ],
];
