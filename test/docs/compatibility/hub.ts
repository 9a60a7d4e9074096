// Rows H1 to H42 of the contract: the Hub, whose receivers read X-Hub-Signature.
import {
  api,
  deadLetters,
  deliveryRow,
  gallery,
  hub,
  log,
  of,
  rateLimit,
  samples,
  stats,
  times,
  wire,
  type Row,
} from "./row.ts";

const verified = hub("its receiver verifies each body written again, which is the data itself, and reads the headers");
const retried = hub("its 401 of a bad signature, redirects and everything but 2xx are tried again after five seconds");
const headers = api(
  "answers carry X-RateLimit headers, and the sixty-first request of a minute for one webhook is 429",
  "a refusal carries the headers too",
);
const testMode = hub("a webhook in test mode gets tests and no other events, and a test's body is the event's data");
const history = hub("the dashboard's history has payload, error and retry attempts");
const event = [...gallery, ...samples];

export const hubRows: readonly Row[] = [
  [
    "H1",
    "`POST /api/webhooks` with a bearer token takes `{name, url, events, secret}`",
    api("making a webhook answers an id, and testMode is kept"),
  ],
  [
    "H2",
    "`testMode` at creation: a webhook that gets test events",
    [...testMode, ...api("making a webhook answers an id, and testMode is kept")],
  ],
  [
    "H3",
    "`POST /api/webhooks/<id>/test`: the body becomes the test event's data",
    [...api("a test's body becomes the event's data, under X-Webhook-ID and a signature"), ...testMode],
  ],
  ["H4", "the creation's answer has an id", api("making a webhook answers an id, and testMode is kept")],
  ["H5", "an HTTP POST to the registered URL", verified],
  [
    "H6",
    "the body is the event's data, always an object",
    [...verified, ...hub("an event without data is an object on the wire")],
  ],
  [
    "H7",
    "`X-Webhook-ID` is the configuration's id",
    [...verified, ...times("hub gives each attempt an X-Delivery-ID of its own, under one X-Webhook-ID")],
  ],
  [
    "H8",
    "`X-Delivery-ID` is the attempt's id",
    times("hub gives each attempt an X-Delivery-ID of its own, under one X-Webhook-ID"),
  ],
  ["H9", "`X-Hub-Signature` is `sha256=` and hex HMAC-SHA256", verified],
  ["H10", "`X-Event-Type` is the event's type", verified],
  [
    "H11",
    "`Content-Type` is exactly `application/json`",
    [...verified, ...wire("the content type is exactly application/json")],
  ],
  [
    "H12",
    "the receiver hashes `JSON.stringify` of the parsed body",
    [...verified, ...wire("the body of %s is a fixed point of parsing and writing, also for a whole batch")],
  ],
  ["H13", "the receiver's 401 for a bad signature is tried again like any other failure", retried],
  ["H14", "`task.created`", event],
  ["H15", "`task.updated`", event],
  ["H16", "`task.completed`", event],
  ["H17", "`task.deleted`", event],
  ["H18", "`system.maintenance`", event],
  ["H19", "`system.error`", event],
  ["H20", "2xx is success", [...wire("every status means what the contract says"), ...verified]],
  ["H21", "10 s for an attempt", hub("a receiver that does not answer is given up after ten seconds, and tried again")],
  [
    "H22",
    "failed deliveries are retried by themselves, with growing delays",
    times("tries at once and then after each of its delays, no sooner, and gives up then"),
  ],
  [
    "H23",
    "delays of 5 s, 25 s, 125 s",
    times("tries at once and then after each of its delays, no sooner, and gives up then"),
  ],
  [
    "H24",
    "three retries, settable to ten",
    [
      ...of("api/compat/settings")("two members for one thing are refused, and more attempts than the hub knows"),
      ...of("api/compat/retries")("what is given is what is shown"),
    ],
  ],
  [
    "H25",
    "60 requests a minute for an endpoint, as a setting",
    [
      ...hub("sixty requests go to one endpoint at once, and what is over waits without having used up an attempt"),
      ...wire("time limits and rate limit are those of the contract"),
      ...rateLimit,
    ],
  ],
  ["H26", "`X-RateLimit-Limit`, `-Remaining` and `-Reset` on answers", headers],
  ["H27", "429 when limited, and a receiver's 429 is tried again", [...headers, ...retried]],
  [
    "H28",
    "receivers find duplicates by `X-Delivery-ID`",
    times("hub gives each attempt an X-Delivery-ID of its own, under one X-Webhook-ID"),
  ],
  [
    "H29",
    "at least once",
    of("faults/fan-out/fan-out")("killed at the point “%s”, the engine loses and sticks nothing"),
  ],
  ["H30", "a list of what was given up", deadLetters],
  ["H31", "a test mode", testMode],
  [
    "H32",
    "signatures, rate limits and retries can be tried",
    [...testMode, ...of("api/inbox")("the status that is asked for is answered, so that failures can be tried")],
  ],
  ["H33", "history of deliveries", history],
  ["H34", "each delivery's payload", [...history, ...deliveryRow]],
  ["H35", "error messages", [...history, ...log("hub shows payload, error and each retry")]],
  ["H36", "retry attempts", [...history, ...log("hub shows payload, error and each retry")]],
  ["H37", "success rate", stats],
  ["H38", "average answer time", stats],
  ["H39", "errors by type", stats],
  [
    "H40",
    "frequency of retries",
    of("endpoint/delivery-observer")(
      "attempts, deliveries, retries, times, classes and waits are counted, by the minute and by the hour",
    ),
  ],
  [
    "H41",
    "rate limit hits",
    of("endpoint/delivery-observer")(
      "attempts, deliveries, retries, times, classes and waits are counted, by the minute and by the hour",
    ),
  ],
  [
    "H42",
    "support address, status page, documentation",
    "A support address and a status page are their company's. The documentation is `docs/webhooks.md` and `docs/receiving.md`, whose commands are run; alerts are events that a status page can be fed from.",
  ],
];
