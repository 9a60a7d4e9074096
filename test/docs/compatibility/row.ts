// What is a row of the table of compatibility? A promise of one of the five systems' guides, and what holds it.

/** A test file, below `test/` and without its ending, and the name of a test in it as its source has it. */
export type Held = readonly [file: string, name: string];
/** The row's id in the systems' contract, the promise in our words, and what holds it or why it does not apply. */
export type Row = readonly [id: string, promise: string, held: readonly Held[] | string];

/** Tests of one file by their names. */
export function of(file: string): (...names: readonly string[]) => readonly Held[] {
  return (...names) => names.map((name) => [file, name] as const);
}

export const bakhmach = of("end-to-end/systems/bakhmach");
export const hub = of("end-to-end/systems/hub");
export const brainsait = of("end-to-end/systems/brainsait");
export const directory = of("end-to-end/systems/directory");
export const aqio = of("end-to-end/systems/aqio");
export const times = of("end-to-end/systems/retry-times");
export const api = of("api/compat/webhooks");
export const mapping = of("api/compat/settings");
export const log = of("api/compat/delivery-rows");
export const wire = of("delivery/five-systems");

export const gallery = of("api/event-types")("is answered whole, and each type has an example that fits its schema");
export const samples = wire("the sample data of the guide go out as they stand");
export const rotation = of("api/endpoints")(
  "a rotation shows the new one; the earlier one signs beside it until the grace period ends",
);
export const breaker = of("end-to-end/webhooks/lanes")(
  "an open breaker parks deliveries, and lets them out again when the endpoint answers",
);
export const rateLimit = of("end-to-end/webhooks/first-attempt")(
  "an endpoint over its concurrency and its rate gets everything, no faster than its rate and without failed attempts",
);
export const alerts = of("endpoint/health")(
  "the defaults are those of the systems: 5 %, 5 s, five failures in a row, disabled after five days",
);
export const alertsRaised = of("end-to-end/webhooks/health")(
  "a failing endpoint and its recovery are told once each, to a flow and to the endpoints that name alerts",
);
export const stats = of("api/stats")("the last day comes by hours, with totals, classes, times and types");
export const statsByEndpoint = of("api/stats")("the list of endpoints has each one's figures and health, in pages");
export const deliveryRow = of("api/deliveries")(
  "a row has the delivery's event, status and every attempt with what was sent and answered",
);
export const deadLetters = of("api/deliveries")(
  "dead letters are what was given up, with the reason, the last status and the number of attempts",
);
export const httpsOnly = of("end-to-end/webhooks/peer-cases")(
  "where plain HTTP is not allowed an http URL is refused, and one that was saved before is not dialled",
);
export const certificates = of("delivery/http")(
  "a certificate for another name is refused before the request is sent",
  "a certificate of an unknown authority is refused",
);
export const snippets = of("docs/receiving")("the snippet for $language lets in what is genuine, and nothing else");
export const wholeReceiver = of("docs/receiving")(
  "the whole receiver takes what is genuine once, and refuses the rest",
);
export const inbox = of("api/inbox")(
  "whatever is posted is answered 200, and shown newest first with its headers and its bytes",
);
