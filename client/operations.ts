// What does each route take and answer? Made from the OpenAPI document by `npm run client`: changes here are lost.
/* oxlint-disable max-lines -- as long as the API is large. */

export type Publish = {
  /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
  type: string;
  /** What happened: any JSON. */
  data: unknown;
  /** The sender's own id, 1 to 128 visible ASCII characters: the same id is accepted once. */
  id?: string;
  /** When it happened: RFC 3339 with a zone. */
  occurredAt?: string;
  /** Who says so: a name or URI without control characters. */
  source?: string;
};

export type Accepted = {
  /** The sender's id, or one of ours. */
  id: string;
  /** How many flows it started. */
  matched: number;
  runs: string[];
  deliveries: number;
  /** The id was accepted before: nothing new was started. */
  duplicate: boolean;
};

export type EventRow = {
  id: string;
  type: string;
  source?: string;
  occurredAt: string;
  receivedAt: string;
  /** `pending` until every run of it has started; `parked` when one could not be started for good. */
  state: "pending" | "done" | "parked";
  matched: number;
  runs: string[];
};

export type EventView = {
  id: string;
  type: string;
  source?: string;
  occurredAt: string;
  receivedAt: string;
  /** `pending` until every run of it has started; `parked` when one could not be started for good. */
  state: "pending" | "done" | "parked";
  matched: number;
  runs: string[];
  /** As it was published, to the byte. */
  data: unknown;
  targets: {
    flow: {
      id: string;
      slug: string;
      name?: string;
    };
    version: number;
    run: {
      id: string;
    };
    state: "pending" | "started" | "parked" | "cancelled";
  }[];
  /** Flows that listen to this type and whose filter said no, with the condition that did. */
  notMatched: {
    flow: {
      id: string;
      slug: string;
      name?: string;
    };
    version: number;
    /** JSON pointer into the flow. */
    condition: string;
  }[];
};

export type Flow = {
  schemaVersion?: 1;
  name: string;
  /** Lower-case letters and digits in words parted by `-`, 64 at most. */
  slug?: string;
  description?: string;
  on: FlowTrigger | FlowTrigger[];
  filter?: FlowCondition;
  steps: FlowSteps;
  onFailure?: FlowSteps;
  /** Values; without it the flow's output is that of the last step that ran. */
  output?: unknown;
  /** Of the whole run: a whole number and a unit, like `2h`. */
  timeout?: string;
  tests?: {
    name: string;
    event: {
      /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
      type: string;
      data: unknown;
      id?: string;
    };
    /** By step path: an output, `{ $fail: … }`, or `{ $attempts: […] }`. */
    mocks?: { [name: string]: unknown };
    expect: {
      matched?: boolean;
      ran?: string[];
      status?: "pending" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "filtered" | "cancelled";
      output?: unknown;
    };
  }[];
};

export type FlowTrigger = {
  event: string | string[];
};

/** JSON Logic, a simple filter, or a list of simple filters that must all hold. */
export type FlowCondition = boolean | FlowSimpleFilter | { [name: string]: unknown } | FlowSimpleFilter[];

export type FlowSimpleFilter = {
  field: string;
  operator: "equals" | "contains" | "in" | "exists";
  value?: unknown;
};

export type FlowSteps = FlowStep[];

export type RetryPolicy =
  | "quick"
  | "standard"
  | "day"
  | "none"
  | {
      /** One delay for each retry. */
      schedule: string[];
      /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
      jitter?: "none" | "full" | number;
      /** Only these failures are retried. */
      on?: string[];
      /** These failures are never retried. Wins over `on`. */
      never?: string[];
      /** No retry starts later than this after the first attempt, like `30h`. */
      within?: string;
    }
  | {
      /** Tries in all. */
      attempts: number;
      /** The delay before the first retry: a whole number and a unit, like `5s`. */
      first?: string;
      /** Each delay is this many times the last. */
      factor?: number;
      /** No delay is longer than this: a whole number and a unit, like `1h`. */
      max?: string;
      /** How far a delay is moved at random: `none`, `full`, or a fraction; 0.2 is ± 20 %. */
      jitter?: "none" | "full" | number;
      /** Only these failures are retried. */
      on?: string[];
      /** These failures are never retried. Wins over `on`. */
      never?: string[];
      /** No retry starts later than this after the first attempt, like `30h`. */
      within?: string;
    };

export type FlowStep =
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      /** A connector and one of its actions, like `slack.postMessage`. */
      use: string;
      /** Slug or id of a connection. */
      connection?: string;
      /** What the action is given. Text leaves may be templates. */
      with?: { [name: string]: unknown };
      retry?: RetryPolicy;
      /** Of one attempt: a whole number and a unit, like `30s`, `5m` at most. */
      timeout?: string;
      expect?: FlowCondition;
      /** When it is not known whether the action has happened: `fail` and ask a person, or `repeat` it. */
      onAmbiguous?: "fail" | "repeat";
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      set: { [name: string]: unknown };
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      filter: FlowCondition;
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      choose: FlowBranch[];
      mode?: "first" | "all";
    }
  | {
      /** A letter, then letters, digits, `_` and `-`, 64 at most; unique in the flow, no name of JavaScript's own. */
      id: string;
      name?: string;
      if?: FlowCondition;
      onError?:
        | "fail"
        | "continue"
        | {
            steps: FlowSteps;
          };
      stop: "succeeded" | "failed";
      reason?:
        | string
        | {
            $template: string;
          };
    };

export type FlowBranch =
  | {
      else: FlowSteps;
    }
  | {
      when: FlowCondition;
      steps: FlowSteps;
    };

export type FlowView = {
  id: string;
  slug: string;
  name: string;
  enabled: boolean;
  publishedVersion: number | null;
  triggers: {
    type: string;
    url?: string;
  }[];
  createdAt: string;
  updatedAt: string;
  draft: Flow;
  /** What publishing would refuse. */
  problems: Finding[];
};

export type Finding = {
  /** Where: a JSON pointer into the request's body (RFC 6901). */
  pointer: string;
  /** Which rule: `required`, `unknown`, `type`, … */
  code: string;
  /** What is wrong, in a sentence. */
  message: string;
  /** What to write instead, where it can be guessed. */
  suggestion?: string;
};

export type FlowRow = {
  id: string;
  slug: string;
  name: string;
  enabled: boolean;
  publishedVersion: number | null;
  triggers: {
    type: string;
    url?: string;
  }[];
  createdAt: string;
  updatedAt: string;
};

export type BulkRequest = {
  /** Which runs. An empty one stands for every failed run. */
  filter?: {
    /** Id or slug of a flow. */
    flow?: string;
    /** The version of the flow that the runs were carried out under. */
    version?: number;
    /** How the runs ended. */
    status?: "failed" | "cancelled" | "succeeded" | "filtered";
    eventType?: string;
    /** Id of an event. */
    event?: string;
    /** Path of a step. */
    failedStep?: string;
    errorClass?:
      | "network"
      | "timeout"
      | "rate_limited"
      | "transient"
      | "expectation"
      | "quota_exhausted"
      | "ambiguous"
      | "validation"
      | "auth_revoked"
      | "permission"
      | "not_found"
      | "conflict"
      | "permanent"
      | "blocked"
      | "template"
      | "limit"
      | "stopped"
      | "cancelled"
      | "start"
      | "internal";
    /** Only runs made at this time or later. */
    since?: string;
    /** Only runs made before this time. */
    until?: string;
  };
  /** Which runs, by id: in place of `filter`. */
  runs?: string[];
  /** Where each of them begins: `failed` (the default), `start`, or the path of a step. Has to be said for runs that succeeded or were filtered. */
  from?: string;
  /** The version of the flow: that of each run (the default), or the newest published one. */
  version?: "same" | "newest";
  /** How many runs are made a second at most. */
  perSecond?: number;
  /** Only counts the runs: nothing is made. */
  dryRun?: boolean;
};

export type BulkRetry = {
  id: string;
  /** `succeeded`: every run has had its turn. How the new runs end stands in `outcomes`. */
  status: "running" | "succeeded" | "failed" | "cancelled";
  /** Which runs. An empty one stands for every failed run. */
  filter?: {
    /** Id or slug of a flow. */
    flow?: string;
    /** The version of the flow that the runs were carried out under. */
    version?: number;
    /** How the runs ended. */
    status?: "failed" | "cancelled" | "succeeded" | "filtered";
    eventType?: string;
    /** Id of an event. */
    event?: string;
    /** Path of a step. */
    failedStep?: string;
    errorClass?:
      | "network"
      | "timeout"
      | "rate_limited"
      | "transient"
      | "expectation"
      | "quota_exhausted"
      | "ambiguous"
      | "validation"
      | "auth_revoked"
      | "permission"
      | "not_found"
      | "conflict"
      | "permanent"
      | "blocked"
      | "template"
      | "limit"
      | "stopped"
      | "cancelled"
      | "start"
      | "internal";
    /** Only runs made at this time or later. */
    since?: string;
    /** Only runs made before this time. */
    until?: string;
  };
  /** The runs that were named, oldest first. */
  runs?: string[];
  from?: string;
  version: "same" | "newest";
  perSecond: number;
  progress: {
    /** Runs that have had their turn. */
    done: number;
    /** Runs that matched at the creation; all that had their turn, once it has ended. */
    total: number;
    /** There were more than could be counted: `total` is the least. */
    capped?: boolean;
  };
  /** New runs that were made. */
  retried: number;
  /** Runs that were not retried; `errors` says why. */
  refused: number;
  /** The first hundred; `…/errors` has all of them. */
  errors?: BulkRefusal[];
  /** How the new runs stand. */
  outcomes?: {
    succeeded: number;
    failed: number;
    filtered: number;
    cancelled: number;
    open: number;
  };
  /** New runs that failed, the first hundred. */
  failedAgain?: {
    run: string;
    retryOf: string;
    error?: Failure;
  }[];
  createdAt: string;
  stopRequestedAt?: string;
  endedAt?: string;
  /** Why it failed as a whole. */
  error?: {
    code: string;
    message: string;
  };
};

export type BulkRefusal = {
  /** The run that was not retried. */
  run: string;
  /** A code of the error catalogue. */
  code: string;
  /** Why. */
  message: string;
};

export type Failure = {
  class:
    | "network"
    | "timeout"
    | "rate_limited"
    | "transient"
    | "expectation"
    | "quota_exhausted"
    | "ambiguous"
    | "validation"
    | "auth_revoked"
    | "permission"
    | "not_found"
    | "conflict"
    | "permanent"
    | "blocked"
    | "template"
    | "limit"
    | "stopped"
    | "cancelled"
    | "start"
    | "internal";
  /** A stable, finer word: `dns`, `refused`, `http_503`, … */
  code: string;
  /** One sentence that a person can act on. */
  message: string;
  /** The HTTP status, where there was an answer. */
  status?: number;
};

export type Run = {
  id: string;
  flow: {
    id: string;
    slug: string;
    name: string;
  };
  version: number;
  status: "pending" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "filtered" | "cancelled";
  event: {
    id: string;
    type: string;
  };
  createdAt?: string;
  startedAt?: string;
  endedAt?: string;
  durationMs?: number;
  /** The path of the step that failed. */
  failedStep?: string;
  error?: Failure;
  /** The flow's `output`, or that of the last step that ran. */
  output?: unknown;
  cancelRequestedAt?: string;
  /** Absent for runs that an event started. */
  origin?: "retry" | "replay";
  /** The run that this one repeats. */
  retryOf?: string;
  /** The runs that repeat this one, oldest first. */
  retriedBy?: string[];
  /** What the run was asked for again with. */
  retry?: {
    /** `failed`, `start`, or the path of a step. */
    from: string;
    /** The event's data is not what was published. */
    eventEdited: boolean;
    /** Paths of the steps with an edited input. */
    inputs: string[];
  };
  /** The run in Temporal's own UI. */
  temporalUrl?: string;
};

export type Step = {
  /** Where it stands in the flow: `tell`, `route[0].send`. */
  path: string;
  id: string;
  use?: string;
  name?: string;
  status: "pending" | "running" | "waiting" | "succeeded" | "failed" | "skipped" | "kept" | "cancelled";
  /** What the action was given, rendered, with secrets replaced. */
  input?: unknown;
  output?: unknown;
  error?: Failure;
  startedAt?: string;
  endedAt?: string;
  attempts: Attempt[];
  /** Of a kept step: the run in which it really happened, and how it ended there. `passed`: nobody knows whether it took effect, and the retry was asked for from behind it. */
  keptFrom?: {
    run: string;
    status: "succeeded" | "failed" | "skipped" | "passed";
  };
};

export type Attempt = {
  number: number;
  trigger: "first" | "automatic" | "manual" | "recovery" | "test";
  startedAt: string;
  durationMs: number;
  /** Milliseconds of each phase; absent phases did not happen. */
  phases: {
    dns?: number;
    connect?: number;
    tls?: number;
    firstByte?: number;
    total: number;
  };
  outcome: "succeeded" | "failed";
  class?:
    | "network"
    | "timeout"
    | "rate_limited"
    | "transient"
    | "expectation"
    | "quota_exhausted"
    | "ambiguous"
    | "validation"
    | "auth_revoked"
    | "permission"
    | "not_found"
    | "conflict"
    | "permanent"
    | "blocked"
    | "template"
    | "limit"
    | "stopped"
    | "cancelled"
    | "start"
    | "internal";
  message?: string;
  /** As sent, with secrets replaced. */
  request?: {
    method: string;
    url: string;
    headers: { [name: string]: string };
    body: string;
  };
  response?: {
    status: number;
    headers: { [name: string]: string };
    body: string;
    /** The body was longer than what is kept. */
    truncated: boolean;
  };
  nextAttemptAt?: string;
};

export type TemplateRow = {
  /** Null for a template that Millrace ships: it is read by its slug. */
  id: string | null;
  /** What flows name it by. */
  slug: string;
  name: string;
  kind: "slack" | "email" | "text";
  description: string;
  /** The newest. */
  version: number;
  /** Whether it comes with Millrace, and cannot be changed. */
  shipped: boolean;
  /** Whether it is hidden from new versions of flows. */
  archived: boolean;
  createdAt: string | null;
  updatedAt: string | null;
};

export type TemplateDraft = {
  /** Lower-case letters and digits in words parted by `-`, 64 at most. */
  slug?: string;
  name: string;
  kind: "slack" | "email" | "text";
  description?: string;
  /** Handlebars, 16 KB at most: see /docs/message-templates. */
  text: string;
  /** An event for previews. */
  sample?: {
    /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
    type: string;
    data: unknown;
  };
};

export type TemplateView = {
  /** Null for a template that Millrace ships: it is read by its slug. */
  id: string | null;
  /** What flows name it by. */
  slug: string;
  name: string;
  kind: "slack" | "email" | "text";
  description: string;
  /** The newest. */
  version: number;
  /** Whether it comes with Millrace, and cannot be changed. */
  shipped: boolean;
  /** Whether it is hidden from new versions of flows. */
  archived: boolean;
  createdAt: string | null;
  updatedAt: string | null;
  text: string;
  /** An event for previews. */
  sample: { [name: string]: unknown } | null;
};

export type Connection = {
  id: string;
  /** What steps name it by, beside its id. */
  slug: string;
  name: string;
  connector: string;
  kind: "bearer" | "basic" | "apiKey" | "webhookUrl" | "oauth2" | "jwtBearer" | "signing";
  status: "active" | "reauth_required" | "revoked";
  /** Why it is not active. */
  statusReason?: string;
  createdAt: string;
  updatedAt: string;
  lastUsedAt?: string;
};

export type Problem = {
  /** Address of the code's documentation. */
  type: string;
  title: string;
  status: number;
  /** Stable and catalogued: programs may branch on it. */
  code: string;
  /** What is wrong in this case, and what to change. */
  detail: string;
  requestId: string;
  errors?: Finding[];
};

/** By method and path: what a request holds, and the body of each successful answer by its status. */
export type Operations = {
  get: {
    /** List events, newest first, without their data. */
    "/v1/events": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only what came at this time or later: RFC 3339, such as 2026-11-22T04:00:00Z. */
          since?: string;
          /** Only what came before this time: RFC 3339, such as 2026-11-22T04:00:00Z. */
          until?: string;
          /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
          type?: string;
        };
      };
      answers: {
        200: {
          data: EventRow[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** An event: its data, the runs it started, and which condition of which flow said no. */
    "/v1/events/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: EventView };
    };
    /** List flows, newest first, without their drafts. */
    "/v1/flows": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: FlowRow[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A flow and its draft, by id or slug. */
    "/v1/flows/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: FlowView };
    };
    /** The published versions of a flow, newest first. */
    "/v1/flows/{id}/versions": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            version: number;
            publishedAt: string;
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A published version: the document as it was then. */
    "/v1/flows/{id}/versions/{version}": {
      request: {
        params: {
          id: string;
          version: string;
        };
      };
      answers: {
        200: {
          version: number;
          publishedAt: string;
          document: { [name: string]: unknown };
        };
      };
    };
    /** List bulk retries, newest first, without what became of their runs. */
    "/v1/bulk-retries": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: BulkRetry[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A bulk retry: how far it is, what it refused, and how the new runs stand. */
    "/v1/bulk-retries/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: BulkRetry };
    };
    /** The runs that a bulk retry did not retry, newest first, and why. */
    "/v1/bulk-retries/{id}/errors": {
      request: {
        params: {
          id: string;
        };
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
        };
      };
      answers: {
        200: {
          data: BulkRefusal[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List runs, newest first, without their outputs. */
    "/v1/runs": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only what came at this time or later: RFC 3339, such as 2026-11-22T04:00:00Z. */
          since?: string;
          /** Only what came before this time: RFC 3339, such as 2026-11-22T04:00:00Z. */
          until?: string;
          /** Id or slug of a flow. */
          flow?: string;
          version?: number;
          status?: "pending" | "running" | "waiting" | "paused" | "succeeded" | "failed" | "filtered" | "cancelled";
          eventType?: string;
          /** Id of an event. */
          event?: string;
          /** Path of a step. */
          failedStep?: string;
          errorClass?:
            | "network"
            | "timeout"
            | "rate_limited"
            | "transient"
            | "expectation"
            | "quota_exhausted"
            | "ambiguous"
            | "validation"
            | "auth_revoked"
            | "permission"
            | "not_found"
            | "conflict"
            | "permanent"
            | "blocked"
            | "template"
            | "limit"
            | "stopped"
            | "cancelled"
            | "start"
            | "internal";
        };
      };
      answers: {
        200: {
          data: Run[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A run. */
    "/v1/runs/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Run };
    };
    /** The steps of a run, in the order of the flow, with every attempt. */
    "/v1/runs/{id}/steps": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: Step[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** The bytes that a step received or sends. */
    "/v1/blobs/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Uint8Array };
    };
    /** List message templates without their texts: your own, newest first, then those that Millrace ships. */
    "/v1/templates": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Only those of this kind. */
          kind?: "slack" | "email" | "text";
        };
      };
      answers: {
        200: {
          data: TemplateRow[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A message template and its newest text, by id or slug. */
    "/v1/templates/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: TemplateView };
    };
    /** The versions of a message template, newest first. */
    "/v1/templates/{id}/versions": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            version: number;
            kind: "slack" | "email" | "text";
            createdAt: string | null;
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A version of a message template: kind and text as they were then. */
    "/v1/templates/{id}/versions/{version}": {
      request: {
        params: {
          id: string;
          version: string;
        };
      };
      answers: {
        200: {
          version: number;
          kind: "slack" | "email" | "text";
          createdAt: string | null;
          text: string;
        };
      };
    };
    /** The flows whose draft names a message template. */
    "/v1/templates/{id}/usage": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            flow: {
              id: string;
              slug: string;
              name: string;
            };
            /** What the draft says: `slug` or `slug@version`. */
            draft: string[];
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** List connectors: their actions, and the credentials that they take. */
    "/v1/connectors": {
      request: {};
      answers: {
        200: {
          data: {
            id: string;
            title: string;
            description: string;
            /** Whether its steps have to name a connection. */
            connection: "required" | "optional" | "none";
            /** The ways to authenticate that a connection can have. */
            auth: {
              /** What `auth` of a connection says. */
              kind: string;
              title: string;
              /** JSON Schema of `credentials`. Members with `x-secret` are secrets, those with `x-url` addresses. */
              credentials: { [name: string]: unknown };
            }[];
            actions: {
              /** What a step's `use` says. */
              use: string;
              title: string;
              description: string;
              /** What repeating it does. */
              effect: string;
              /** Kinds of authentication that can do this; all of the connector's when absent. */
              kinds?: string[];
              /** JSON Schema of `with`. */
              input: { [name: string]: unknown };
              /** JSON Schema of the step's output. */
              output: { [name: string]: unknown };
            }[];
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A connector. */
    "/v1/connectors/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          id: string;
          title: string;
          description: string;
          /** Whether its steps have to name a connection. */
          connection: "required" | "optional" | "none";
          /** The ways to authenticate that a connection can have. */
          auth: {
            /** What `auth` of a connection says. */
            kind: string;
            title: string;
            /** JSON Schema of `credentials`. Members with `x-secret` are secrets, those with `x-url` addresses. */
            credentials: { [name: string]: unknown };
          }[];
          actions: {
            /** What a step's `use` says. */
            use: string;
            title: string;
            description: string;
            /** What repeating it does. */
            effect: string;
            /** Kinds of authentication that can do this; all of the connector's when absent. */
            kinds?: string[];
            /** JSON Schema of `with`. */
            input: { [name: string]: unknown };
            /** JSON Schema of the step's output. */
            output: { [name: string]: unknown };
          }[];
        };
      };
    };
    /** List connections, newest first. */
    "/v1/connections": {
      request: {
        query?: {
          /** Rows of one page. */
          limit?: number;
          /** `nextCursor` of the page before. */
          cursor?: string;
          /** Id of a connector. */
          connector?: string;
          status?: "active" | "reauth_required" | "revoked";
        };
      };
      answers: {
        200: {
          data: Connection[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A connection, by id or slug; never its credentials. */
    "/v1/connections/{id}": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Connection };
    };
    /** The flows that use a connection, in their draft or published version. */
    "/v1/connections/{id}/usage": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          data: {
            flow: {
              id: string;
              slug: string;
              name: string;
            };
            /** Whether the published version uses it, and not the draft alone. */
            published: boolean;
            /** Paths of the steps that name it. */
            steps: string[];
          }[];
          /** Asks for the next page; null on the last one. */
          nextCursor: string | null;
        };
      };
    };
    /** A JSON Schema: flow, event, retry-policy, run, step, attempt or problem. */
    "/v1/schemas/{file}": {
      request: {
        params: {
          file:
            | "flow.json"
            | "event.json"
            | "retry-policy.json"
            | "run.json"
            | "step.json"
            | "attempt.json"
            | "problem.json";
        };
      };
      answers: { 200: { [name: string]: unknown } };
    };
    /** Where to go from here. */
    "/": { request: {}; answers: { 200: { [name: string]: unknown } } };
    /** Whether the process lives. */
    "/healthz": { request: {}; answers: { 200: { [name: string]: unknown } } };
    /** Whether events can be accepted now. */
    "/readyz": {
      request: {};
      answers: {
        200: {
          ready: boolean;
          checks: { [name: string]: string };
        };
      };
    };
  };
  post: {
    /** Publish an event. */
    "/v1/events": { request: { body: Publish }; answers: { 202: Accepted } };
    /** Publish up to 100 events. */
    "/v1/events/batch": {
      request: {
        body:
          | Publish[]
          | {
              events: Publish[];
            };
      };
      answers: {
        202: {
          /** In the order of the request. */
          data: Accepted[];
        };
      };
    };
    /** Play an event again. */
    "/v1/events/{id}/replay": {
      request: {
        params: {
          id: string;
        };
        body?: {
          /** Which flows: those that the event started, each under its version of then (the default), or those that are enabled now and match. */
          flows?: "then" | "now";
          /** Id or slug: only this one of them. */
          flow?: string;
        };
      };
      answers: {
        202: {
          /** The event's id. */
          id: string;
          /** The new runs. */
          runs: string[];
          /** Flows that were left out, such as those whose run has not ended. */
          skipped: {
            flow: {
              id: string;
              slug: string;
            };
            /** The run that stands in the way. */
            run?: string;
            reason: string;
          }[];
        };
      };
    };
    /** Save a new flow as a draft. */
    "/v1/flows": { request: { body: Flow }; answers: { 201: FlowView } };
    /** Say everything that is wrong with a flow, without saving it. */
    "/v1/flows/validate": {
      request: { body: Flow };
      answers: {
        200: {
          valid: boolean;
          errors: Finding[];
          warnings: Finding[];
        };
      };
    };
    /** Make the draft a version that runs. */
    "/v1/flows/{id}/publish": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** Publish only the draft with this ETag. */
          "if-match"?: string;
        };
        body?: {
          /** Without it the first publish enables the flow and later ones leave it as it is. False leaves it as it is; true enables it. */
          enable?: boolean;
        };
      };
      answers: {
        200: {
          version: number;
          publishedAt: string;
          enabled: boolean;
        };
      };
    };
    /** Let events start the published version. */
    "/v1/flows/{id}/enable": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: FlowView };
    };
    /** Let no event start the flow; open runs go on. */
    "/v1/flows/{id}/disable": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: FlowView };
    };
    /** Try the draft with an event: nothing is sent and no time passes. */
    "/v1/flows/{id}/test": {
      request: {
        params: {
          id: string;
        };
        body: {
          event: {
            /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
            type: string;
            data: unknown;
            id?: string;
            occurredAt?: string;
          };
          /** By path of a step: its output, `{ $fail: { class, message, status? } }`, or `{ $attempts: [mock, …] }`. */
          mocks?: { [name: string]: unknown };
        };
      };
      answers: {
        200: {
          matched: boolean;
          /** How the run would end; null when the event makes no run. */
          status: string | null;
          /** Paths of the steps that would run. */
          ran: string[];
          /** By path: status, rendered input, output or error, and attempts. */
          steps: { [name: string]: unknown };
          output: unknown;
        };
      };
    };
    /** Run many again: all that match, or those that are named. */
    "/v1/runs/retry": {
      request: { body: BulkRequest };
      answers: {
        200: {
          /** Runs that match. */
          count: number;
          /** There are more than could be counted: `count` is the least. */
          capped?: boolean;
          /** The oldest of them, ten at most. */
          sample: string[];
        };
        202: BulkRetry;
      };
    };
    /** Stop a bulk retry: the runs that it has made stay. */
    "/v1/bulk-retries/{id}/stop": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: BulkRetry; 202: BulkRetry };
    };
    /** Cancel a run. */
    "/v1/runs/{id}/cancel": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Run; 202: Run };
    };
    /** Run it again, from the failed step, any step, or the start. */
    "/v1/runs/{id}/retry": {
      request: {
        params: {
          id: string;
        };
        body?: {
          /** Where to begin: `failed` (the default; behind everything that ended well where no step failed), `start`, or the path of a step. Has to be said for runs that succeeded or were filtered. */
          from?: string;
          /** The version of the flow: that of the run (the default), or the newest published one. */
          version?: "same" | "newest";
          event?: {
            /** Data in place of the event's own: any JSON. */
            data: unknown;
          };
          /** By the path of an action: what it is given, in place of what its templates would render. */
          inputs?: { [name: string]: { [name: string]: unknown } };
        };
      };
      answers: { 201: Run };
    };
    /** The text that a message template gives for an event: nothing is saved or sent. */
    "/v1/templates/preview": {
      request: {
        body: {
          kind?: "slack" | "email" | "text";
          /** Handlebars, 16 KB at most: see /docs/message-templates. */
          text?: string;
          /** A saved or shipped one: `slug` or `slug@version`. */
          template?: string;
          /** Without it, the template's sample. */
          event?: {
            /** An event type: letters, digits, `_` and `-` in segments parted by dots, like `review.created`. */
            type: string;
            data: unknown;
            id?: string;
            occurredAt?: string;
          };
          /** Outputs by id of the step. */
          steps?: { [name: string]: unknown };
          vars?: { [name: string]: unknown };
          /** What `error` is in the steps of `onError` and `onFailure`. */
          error?: { [name: string]: unknown };
        };
      };
      answers: {
        200: {
          text: string;
          bytes: number;
        };
      };
    };
    /** Save a new message template, as version 1. */
    "/v1/templates": { request: { body: TemplateDraft }; answers: { 201: TemplateView } };
    /** Hide a message template from new versions of flows. */
    "/v1/templates/{id}/archive": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: TemplateView };
    };
    /** Let flows name an archived message template again. */
    "/v1/templates/{id}/restore": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: TemplateView };
    };
    /** The delays of a retry policy, without jitter. */
    "/v1/retry-policies/preview": {
      request: {
        body: {
          retry?: RetryPolicy;
          /** A delivery profile: its own policy is shown. */
          profile?: "standard" | "hub";
        };
      };
      answers: {
        200: {
          delaysMs: number[];
          totalMs: number;
        };
      };
    };
    /** Show the secret that webhooks are signed with. */
    "/v1/signing-secret/reveal": {
      request: {};
      answers: {
        200: {
          secret: string;
        };
      };
    };
    /** Sign with a new secret from now on. */
    "/v1/signing-secret/rotate": {
      request: {};
      answers: {
        200: {
          id: string;
          graceUntil: string;
        };
      };
    };
    /** Give Millrace credentials for a connector. */
    "/v1/connections": {
      request: {
        body: {
          /** Id of a connector: `GET /v1/connectors` lists them. */
          connector: string;
          /** A name for people, without control characters. */
          name: string;
          /** Lower-case letters and digits in words parted by `-`, 64 at most. */
          slug?: string;
          /** The kind of authentication; without it the one that the credentials fit. */
          auth?: string;
          /** As the kind's schema in `GET /v1/connectors/{id}` says. Sealed at once, and never shown again. */
          credentials: { [name: string]: unknown };
        };
      };
      answers: { 201: Connection };
    };
    /** Try whether a connection works, by its token and a harmless call. */
    "/v1/connections/{id}/test": {
      request: {
        params: {
          id: string;
        };
      };
      answers: {
        200: {
          ok: boolean;
          /** What was seen, when it works. */
          detail?: string;
          failure?: Failure;
        };
      };
    };
    /** Give a connection new credentials. */
    "/v1/connections/{id}/rotate": {
      request: {
        params: {
          id: string;
        };
        headers?: {
          /** Replace only the credentials of the connection with this ETag. */
          "if-match"?: string;
        };
        body: {
          /** The kind of authentication; without it the one that the credentials fit. */
          auth?: string;
          /** As the kind's schema in `GET /v1/connectors/{id}` says. Sealed at once, and never shown again. */
          credentials: { [name: string]: unknown };
        };
      };
      answers: { 200: Connection };
    };
    /** Wipe a connection's credentials. */
    "/v1/connections/{id}/revoke": {
      request: {
        params: {
          id: string;
        };
      };
      answers: { 200: Connection };
    };
  };
  put: {
    /** Replace a flow's draft. */
    "/v1/flows/{id}": {
      request: {
        params: {
          id: string;
        };
        headers: {
          /** The flow's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: Flow;
      };
      answers: { 200: FlowView };
    };
    /** Replace a message template: a new kind or text is a new version. */
    "/v1/templates/{id}": {
      request: {
        params: {
          id: string;
        };
        headers: {
          /** The template's ETag as it was read; `*` replaces whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: TemplateDraft;
      };
      answers: { 200: TemplateView };
    };
    /** Give a connection another name or slug. */
    "/v1/connections/{id}": {
      request: {
        params: {
          id: string;
        };
        headers: {
          /** The connection's ETag as it was read; `*` changes whatever is there. Needed: 428 without it. */
          "if-match": string;
        };
        body: {
          /** A name for people, without control characters. */
          name: string;
          /** Lower-case letters and digits in words parted by `-`, 64 at most. */
          slug?: string;
        };
      };
      answers: { 200: Connection };
    };
  };
};

/** What these paths answer is bytes, whatever content type they have. */
export const bytePaths: readonly string[] = ["/v1/blobs/{id}"];
