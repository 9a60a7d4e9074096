// Why an attempt, a step or a run failed: the classes that policies, filters and people speak of.
import type { JsonSchema } from "./json.ts";

/** Classes of failure, and whether a policy without `on` retries them. */
export const failureClasses = {
  network: { retried: true, meaning: "The receiver could not be reached: DNS, connection refused or reset, TLS." },
  timeout: { retried: true, meaning: "No complete answer within the step's timeout." },
  rate_limited: { retried: true, meaning: "The receiver asked for fewer requests (429)." },
  transient: { retried: true, meaning: "The receiver failed for the moment (408, 425, 5xx)." },
  expectation: { retried: true, meaning: "The answer came but did not meet the step's `expect`." },
  quota_exhausted: { retried: true, meaning: "A long quota of the receiver is used up." },
  ambiguous: { retried: false, meaning: "The request may or may not have been applied." },
  validation: { retried: false, meaning: "The receiver refused the request's content (400, 422)." },
  auth_revoked: { retried: false, meaning: "The receiver refused the credentials (401)." },
  permission: { retried: false, meaning: "The credentials may not do this (403)." },
  not_found: { retried: false, meaning: "The receiver knows no such thing (404)." },
  conflict: { retried: false, meaning: "The receiver's state does not allow it (409, 412)." },
  permanent: { retried: false, meaning: "The receiver refused for good (other 3xx and 4xx)." },
  blocked: { retried: false, meaning: "The address is one that deliveries may not reach." },
  template: { retried: false, meaning: "A template or reference of the step could not be rendered." },
  limit: { retried: false, meaning: "A budget was exceeded: rule, template, size or time." },
  filter: { retried: false, meaning: "The endpoint's filter could not be decided." },
  stopped: { retried: false, meaning: "A `stop` step ended the run as failed." },
  cancelled: { retried: false, meaning: "The run was cancelled." },
  start: { retried: false, meaning: "The run could not be started." },
  internal: { retried: true, meaning: "A fault of the engine itself." },
} as const;

export type FailureClass = keyof typeof failureClasses;

/** A failure in the shape that runs, steps, attempts and `error` in a flow's scope share. */
export type Failure = {
  class: FailureClass;
  /** A stable, finer word: `dns`, `refused`, `reset`, `tls`, `http_503`, `budget`, … */
  code: string;
  /** One sentence that a person can act on. Holds no secret and no address that the user did not give. */
  message: string;
  /** The HTTP status, where there was an answer. */
  status?: number;
};

/** A failure with the path of the step that it happened in. */
export type StepFailure = Failure & { step: string };

export const failureSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["class", "code", "message"],
  properties: {
    class: { type: "string", enum: Object.keys(failureClasses) },
    code: { type: "string", description: "A stable, finer word: `dns`, `refused`, `http_503`, …" },
    message: { type: "string", description: "One sentence that a person can act on." },
    status: { type: "integer", description: "The HTTP status, where there was an answer." },
  },
};

export const failureExamples: Failure[] = [
  { class: "transient", code: "http_503", message: "The receiver answered 503.", status: 503 },
  { class: "network", code: "dns", message: "The name hooks.example.com does not resolve." },
];
