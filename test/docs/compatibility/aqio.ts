// Rows A1 to A25 of the contract: Aqio's webhooks.
import { api, aqio, gallery, log, mapping, of, samples, times, wire, type Row } from "./row.ts";

const event = [...gallery, ...samples];
const row = api("its own fields choose it, and its row of seventeen fields comes back");
const defaults = api("what is left out has the defaults of its table");
const verified = aqio("its receiver verifies the raw body, in which the published bytes of the data stand");
const filters = aqio("event_filters choose the events: one of a list, and at least so many");
const rows = aqio("one row an attempt: retry numbers from 0, the next time, and counters that follow");
const seventeen = log(
  "aqio has one row an attempt, with is_retry, retry_number from 0 and next_retry_at, in seventeen fields",
);
const timeout = aqio("timeout_seconds ends an attempt");
const byGet = api("a GET of …/test sends a test, HEAD sends nothing, and counters and rows follow");

export const aqioRows: readonly Row[] = [
  [
    "A1",
    "endpoints of each organisation",
    [...row, ...api("nobody without a key learns anything, and another tenant's webhook is not there")],
  ],
  ["A2", "events trigger them", verified],
  [
    "A3",
    "payloads are filtered and shaped",
    [...filters, ...of("end-to-end/systems/directory")("chosen fields, or a payload of one's own, go out as the data")],
  ],
  [
    "A4",
    "retries, failures handled",
    [...rows, ...times("tries at once and then after each of its delays, no sooner, and gives up then")],
  ],
  ["A5", "signatures, authentication", verified],
  ["A6", "a row of seventeen fields", [...row, ...mapping("aqio shows the seventeen fields of its table")]],
  [
    "A7",
    "`content_type`: JSON or a form",
    [
      ...aqio("a form is sent where content_type asks for one, and its raw body is what is signed"),
      ...of("delivery/form")("aqio sends a form to those who choose it, signed over its bytes"),
    ],
  ],
  ["A8", "`timeout_seconds`, 30 unless set", [...defaults, ...timeout]],
  ["A9", "`retry_count`, 3 unless set", [...defaults, ...rows]],
  [
    "A10",
    "`retry_delay_seconds`, 60 unless set",
    [...defaults, ...times("tries at once and then after each of its delays, no sooner, and gives up then")],
  ],
  [
    "A11",
    "`event_filters`: a list means one of, `min_<field>` at least",
    [...filters, ...of("api/compat/filters")("event_filters are shown as they were written")],
  ],
  ["A12", "counters: deliveries, failed ones, the last time", [...rows, ...byGet]],
  ["A13", "a delivery's row of seventeen fields", [...seventeen, ...rows]],
  [
    "A14",
    "`pending`, `success`, `failed`, `cancelled`",
    [...seventeen, ...log("aqio shows a delivery that was never tried and is %s as one row that is %s")],
  ],
  ["A15", "a row an attempt, with `is_retry`, `retry_number` from 0, `next_retry_at`", [...seventeen, ...rows]],
  ["A16", "`event.created`, `.updated`, `.published`, `.cancelled`", gallery],
  ["A17", "`registration.created`, `.confirmed`, `.cancelled`", event],
  ["A18", "`invitation.sent`, `.accepted`, `.declined`", gallery],
  ["A19", "`user.joined_organization`", gallery],
  ["A20", "`payment.completed`, `.failed`", gallery],
  [
    "A21",
    'the body is `{id: "wh_evt_…", type, created, data: {object}, organization_id}`, the time in unix seconds',
    [...verified, ...wire("the envelope has the members of the contract in their order, and an id of its form")],
  ],
  ["A22", "an HMAC signature", [...verified, ...api("a null secret leaves its deliveries unsigned")]],
  ["A23", "`POST /api/webhooks`", row],
  ["A24", "`GET /api/webhooks/<id>/test` sends a test", [...byGet, ...aqio("a test by GET, and rows of what waits")]],
  ["A25", "`GET /api/webhooks/<id>/deliveries`", [...byGet, ...rows]],
];
