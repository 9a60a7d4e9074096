// What the receivers of the five systems share: a caller of a subscription API, events, and the log's word on a delivery.
import { createHmac, timingSafeEqual } from "node:crypto";
import { startApp, type Answer, type TestApp } from "../../support/app.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { until } from "../../support/wait.ts";

/** Whatever a route answers, read member by member. */
export type Body = ReturnType<typeof JSON.parse>;

export type System = {
  app: TestApp;
  receiver: Receiver;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<Body>>;
  /** Publishes raw JSON of data, so that spellings are the test's own. Answers the event's id. */
  publish(type: string, dataText: string): Promise<string>;
  /** The newest delivery of an endpoint once it has come to a status, as `/v1` shows it. */
  delivery(endpoint: string, statuses: readonly string[]): Promise<Body>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A Millrace and a receiver that takes everything until it is told otherwise. */
export async function startSystem(): Promise<System> {
  const app = await startApp();
  const receiver = await startReceiver();
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    app.call<Body>(method, path, body, headers);
  return {
    app,
    receiver,
    call,
    async publish(type, dataText) {
      const answer = await call("POST", "/v1/events", `{"type":${JSON.stringify(type)},"data":${dataText}}`);
      if (answer.status !== 202) throw new Error(`The event was refused: ${JSON.stringify(answer.body)}`);
      return answer.body.id;
    },
    async delivery(endpoint, statuses) {
      let found: Body;
      await until(async () => {
        const { body } = await call("GET", `/v1/endpoints/${endpoint}/deliveries`);
        [found] = body.data;
        return (
          found !== undefined &&
          statuses.includes(found.status) &&
          (found.attempts.length > 0 || found.endedAt !== undefined)
        );
      }, 20_000);
      return found;
    },
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

/** As the guides' receivers compute it: HMAC-SHA256 of a text under a text, in lower-case hex. */
export function hexHmac(secret: string, text: string | Buffer): string {
  return createHmac("sha256", secret).update(text).digest("hex");
}

/** As the guides' receivers compare. */
export function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** Data in spellings that parsing and writing again would change, and what receivers that do so must see. */
export const awkward = [
  `{"n":12345678901234567890,"price":1.10,"e":1E2,"zero":-0}`,
  `{"b":1,"a":2,"10":3,"2":4}`,
  `{"text":"\\u00e9 é \\ud83d\\ude00 \\/ \\n","ключ":"значення"}`,
  `{ "spaced" : [ 1 , 2 ] , "nested" : { "deep" : null } }`,
];

/** The first delay of a delivery in the log, in milliseconds: from the end of its first attempt to the next one. */
export function firstDelayMs(delivery: Body): number {
  const [first] = delivery.attempts;
  return Date.parse(first.nextAttemptAt) - Date.parse(first.startedAt) - first.durationMs;
}
