// Rows S1 to S46 of the contract: the BrainSAIT store.
import {
  alerts,
  alertsRaised,
  api,
  brainsait,
  certificates,
  deliveryRow,
  gallery,
  httpsOnly,
  inbox,
  of,
  samples,
  snippets,
  stats,
  statsByEndpoint,
  times,
  wholeReceiver,
  wire,
  type Row,
} from "./row.ts";

const event = [...gallery, ...samples];
const verified = brainsait("all three of the guide's receivers verify every body with the secret that was shown once");
const unchanged = [...brainsait("the samples' data pass unchanged: amounts in minor and in major units"), ...samples];
const secret = api("the secret is made by the server and shown once");
const ended = brainsait("an answer of %i ends the delivery");
const retried = brainsait("an answer of %i is tried again after five minutes, and not followed");
const logs = brainsait("logs have status, answer time and errors");
const statuses = of("delivery/judge")("brainsait stops at every 4xx but 429, and tries again after 3xx and 5xx");
const console_ =
  "There is no console yet; `POST /api/v1/webhooks` takes URL and events and answers the secret, `PUT` has the switch `active`.";

export const brainsaitRows: readonly Row[] = [
  ["S1", "`payment.completed`, `.failed`, `.refunded`", event],
  ["S2", "`order.created`, `.updated`, `.cancelled`, `.shipped`", event],
  ["S3", "`user.created`, `.updated`, `.deleted`", event],
  ["S4", "`tenant.created`, `.updated`, `.suspended`", event],
  [
    "S5",
    "the body is `{id, event, created, data: {object}, tenant_id, api_version}`",
    [...verified, ...wire("the envelope has the members of the contract in their order, and an id of its form")],
  ],
  ["S6", "`X-BrainSAIT-Signature` is bare lower-case hex HMAC-SHA256", verified],
  ["S7", "the receiver in Express hashes the raw body and decodes the hex", verified],
  ["S8", "the receiver in Flask hashes the raw body and compares texts", verified],
  [
    "S9",
    "the receiver in Next.js hashes the body written again",
    [...verified, ...wire("the body of %s is a fixed point of parsing and writing, also for a whole batch")],
  ],
  ["S10", "data of `payment.completed`, amounts in minor units", unchanged],
  ["S11", "data of `payment.failed`", samples],
  ["S12", "data of `order.created`, totals in major units", unchanged],
  ["S13", "`POST /api/v1/webhooks` with a bearer token and `X-Tenant-ID` takes `{url, events, description}`", secret],
  ["S14", "the server makes the secret and shows it once", [...secret, ...verified]],
  ["S15", "a page of the console for webhooks", console_],
  ["S16", "a form with URL, events, generated secret and a switch", console_],
  [
    "S17",
    "the first attempt at once",
    times("tries at once and then after each of its delays, no sooner, and gives up then"),
  ],
  [
    "S18",
    "five retries: after 5 min, 30 min, 2 h, 12 h, 24 h",
    [
      ...times("tries at once and then after each of its delays, no sooner, and gives up then"),
      ...wire("delays, window and jitter are those of the contract"),
    ],
  ],
  [
    "S19",
    "200 to 299 is success and ends the retries",
    [...wire("every status means what the contract says"), ...verified],
  ],
  ["S20", "300 to 399 is tried again, and not followed", [...retried, ...statuses]],
  ["S21", "400 to 499 ends the delivery, also 408, 410 and 425", [...ended, ...statuses]],
  ["S22", "429 is tried again", [...retried, ...statuses]],
  ["S23", "500 to 599 is tried again", [...retried, ...statuses]],
  ["S24", "HTTPS only", httpsOnly],
  ["S25", "certificates are checked", certificates],
  [
    "S26",
    "security headers",
    [...of("api/routes")("every answer has a request id, and is neither sniffed nor stored")],
  ],
  [
    "S27",
    "signatures are compared in constant time",
    [
      ...snippets,
      ...of("delivery/verify")(
        "nothing verifies by another secret, without one, with a changed body, or without its signature",
      ),
    ],
  ],
  ["S28", "receivers may limit rates: a sender lives with their 429", retried],
  [
    "S29",
    "a tunnel to a receiver on one's own machine",
    "Outside production a receiver on the same machine is reached as it is, and `/inbox/{name}` shows what arrives; a tunnel is another company's program, and any URL that it gives out can be an endpoint's.",
  ],
  ["S30", "a sender of signed test events", [...secret, ...inbox]],
  ["S31", "tests of handler and signature", [...snippets, ...wholeReceiver]],
  [
    "S32",
    "samples of receivers",
    [
      ...snippets,
      ...of("docs/receiving")("each snippet is named on the page, and those that the page shows are the files"),
    ],
  ],
  ["S33", "how many deliveries succeed and fail", [...stats, ...statsByEndpoint]],
  ["S34", "answer times", [...logs, ...stats]],
  ["S35", "errors of failed deliveries", [...logs, ...deliveryRow]],
  ["S36", "history of retries", deliveryRow],
  ["S37", "alert above 5 % of failures", [...alerts, ...alertsRaised]],
  [
    "S38",
    "alert for answers slower than 5 s",
    [
      ...alerts,
      ...of("ingest/endpoint-health")("a rate above the endpoint's own threshold and a slow median raise their alerts"),
    ],
  ],
  ["S39", "alert for several failures in a row", [...alerts, ...alertsRaised]],
  ["S40", "total, successful and failed deliveries", stats],
  ["S41", "average answer time", stats],
  [
    "S42",
    "rate of retries",
    of("endpoint/delivery-observer")(
      "attempts, deliveries, retries, times, classes and waits are counted, by the minute and by the hour",
    ),
  ],
  ["S43", "success rate and answer time of each endpoint", statsByEndpoint],
  [
    "S44",
    "a duplicate has the same event id",
    [
      ...brainsait("a duplicate of an event is delivered once, and a retry carries the same id"),
      ...times("every attempt carries the same event"),
    ],
  ],
  ["S45", "receivers answer quickly and work later", wholeReceiver],
  [
    "S46",
    "events carry the tenant, and calls name it in `X-Tenant-ID`",
    [
      ...api(
        "X-Tenant-ID of another tenant is refused, a name of one's own system is passed over",
        "the secret is made by the server and shown once",
      ),
      ...wire("the tenant, the configuration and the attempt stand where the guides have them"),
    ],
  ],
];
