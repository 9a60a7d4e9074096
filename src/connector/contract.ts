// What is a connector? Data and pure functions: the executor alone does the I/O.
import type { HttpAnswer, HttpRequest } from "../delivery/http.ts";
import type { BlobRef } from "../model/blob.ts";
import type { AuthKind } from "../model/connection.ts";
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { BlobId, ConnectionId, TenantId } from "../model/ids.ts";
import type { Json, JsonObject, JsonSchema } from "../model/json.ts";

/**
 * What repeating an action does. `read`: nothing. `idempotent-write`: the same state again. `keyed-write`: the receiver
 * finds the duplicate by a key that we send. `natural-key-write`: by the content's own key. `unsafe-write`: it happens twice.
 */
export type Effect = "read" | "idempotent-write" | "keyed-write" | "natural-key-write" | "unsafe-write";

/** What an action may know of its connection: nothing of it is secret. */
export type ConnectionView = {
  id: ConnectionId;
  kind: AuthKind;
  /** The credentials' members that are not secret, and what the token's answer brought. */
  fields: JsonObject;
};

/** What the executor knows about the call beside its input. */
export type ActionCall = {
  /** The same over all attempts of a step: the key by which receivers find duplicates. Holds no dot. */
  deliveryId: string;
  /** What sends, the same over all runs: shown to receivers that ask for it. The delivery's id when absent. */
  configurationId?: string;
  /** From 1. */
  attempt: number;
  willRetry: boolean;
  nowMs: number;
  /** For receivers that are told whose event it is. */
  tenantId?: TenantId;
  /** Signing secrets, newest first. Replaced in everything that is recorded. */
  secrets: string[];
  /** Absent when the step names none. */
  connection?: ConnectionView;
  /** The stored bytes that the action asked for by `blobs`. */
  blobs?: ReadonlyMap<string, LoadedBlob>;
  event: Event;
};

/** Stored bytes as a request can send them. */
export type LoadedBlob = { ref: BlobRef; data: Buffer };

/**
 * A request as an action describes it, without its credentials; time limits are the executor's. The URL is absolute, or
 * begins with `/` and follows the connection's base URL, or is empty and is that base URL itself.
 */
export type ActionRequest = Omit<HttpRequest, "timeoutMs" | "signal" | "body" | "bodyBytesMax"> & {
  body?: string | Buffer;
};

export type Built = { ok: true; request: ActionRequest } | { ok: false; failure: Failure };
/**
 * How an action reads an answer. Of an unsafe write the executor takes for `ambiguous`, beside answers that never came:
 * a 5xx that `response` leaves in the general form (`failureOfAnswer`: code `http_500`), unless it is a 503 with
 * `Retry-After`; and a 2xx that cannot be read (`readJson`: codes `unreadable`, `answer_too_large`). A failure with a code
 * of the vendor's is taken at its word, so `response` itself says `ambiguous` where the vendor documents it so.
 */
export type Answered =
  | { ok: true; output: Json }
  /** Bytes that are stored; the output then says where. */
  | { ok: true; bytes: Buffer; contentType: string; output: (blob: BlobRef) => Json }
  /** `retryAfterMs`: when the vendor says by its body when to come back; the header is read by the executor. */
  | { ok: false; failure: Failure; retryAfterMs?: number };

export type CounterExample = {
  input: Json;
  /** JSON pointer that the refusal names. */
  pointer: string;
};

/** How often a thing may be done: one in `perMs` milliseconds, `burst` of them (1 unless given) at once. */
export type Throttle = { key: string; perMs: number; burst?: number };

/** What looking for the effect of an unsafe write found. */
export type Reconciled =
  { outcome: "happened"; output: Json } | { outcome: "did_not_happen" } | { outcome: "unknown"; failure: Failure };

/** An action whose input has the type that its schema describes. */
export type ActionOf<Input> = {
  id: string;
  title: string;
  description: string;
  effect: Effect;
  /**
   * Draft 2020-12; `examples` are inputs that hold. Members with `x-secret: true` are never recorded; of one with
   * `x-headers: true` those values are not whose header names say that they are secret.
   */
  input: JsonSchema;
  /** `examples` holds at least one output: what an unmocked action answers in a test of a flow. */
  output: JsonSchema;
  counterExamples: readonly CounterExample[];
  /** Kinds of authentication that can do this; all of the connector's when absent. */
  kinds?: readonly AuthKind[];
  /** Pure. Called only with an input that the schema holds for. */
  request: (input: Input, call: ActionCall) => Built;
  /** Pure. Turns the receiver's answer into the step's output, or says why it is a failure. */
  response: (answer: HttpAnswer, input: Input) => Answered;
  /** Pure. What the vendor bounds beside its own 429: waited for durably, without using up an attempt. */
  throttle?: (input: Input, connection: ConnectionView | undefined) => Throttle | undefined;
  /** Pure. Looks whether an unsafe write of the same delivery id has happened; only for `unsafe-write`. */
  reconcile?: {
    /** Undefined when this input leaves nothing to look for. */
    request: (input: Input, call: ActionCall) => ActionRequest | undefined;
    response: (answer: HttpAnswer, input: Input, call: ActionCall) => Reconciled;
  };
  /** Pure. The request for the next page, and one output out of those of all pages. */
  pages?: {
    /** `page`: how many have been read, `outputs` theirs. Undefined after the last. */
    next: (
      answer: HttpAnswer,
      input: Input,
      call: ActionCall,
      page: number,
      outputs: readonly Json[],
    ) => ActionRequest | undefined;
    join: (outputs: Json[], input: Input) => Json;
  };
  /** How much of an answer is read, in bytes; 64 KB when absent, 10 MB at most. Beyond it the answer is truncated. */
  answerBytesMax?: (input: Input) => number;
  /** Pure. The stored bytes that the request sends; `request` finds them in `call.blobs`. */
  blobs?: (input: Input) => BlobId[];
};
export type Action = ActionOf<JsonObject>;

/** Where the tokens of a connection come from (kinds `oauth2` and `jwtBearer`): data for the token client. */
export type TokenRule = {
  /** RFC 6749, section 4.4; RFC 7523, section 2.1. */
  grant: "client_credentials" | "jwt-bearer";
  url: (credentials: JsonObject) => string;
  /** How the client authenticates: HTTP Basic, in the body, or not at all (`jwt-bearer`). */
  clientAuth: "basic" | "post" | "none";
  /** The assertion's claims, without times. */
  claims?: (credentials: JsonObject) => { iss: string; sub: string; aud: string };
  scope?: (credentials: JsonObject) => string | undefined;
  /** Which API the token is for, where the endpoint wants to be told (`audience`, of no RFC). */
  audience?: (credentials: JsonObject) => string | undefined;
  /** How long a token is taken to live when its answer does not say, in milliseconds. */
  lifetimeMs: number;
  /** The member of the token's answer that is the base URL of requests: `instance_url`. */
  baseUrlMember?: string;
};

/** One way to authenticate that people can choose. */
export type AuthMethod = {
  kind: AuthKind;
  title: string;
  /** Draft 2020-12, an object. Members with `x-secret: true` are secrets. `examples` hold. */
  credentials: JsonSchema;
  counterExamples: readonly CounterExample[];
  token?: TokenRule;
  /** Pure. What requests carry: `secret` is the token of a token rule, else absent. The kind's usual way when not given. */
  apply?: (credentials: JsonObject, token: string | undefined) => AppliedAuth;
  /** Pure. Where relative URLs begin, when the credentials say so. */
  baseUrl?: (credentials: JsonObject) => string | undefined;
};

/** What authenticates a request: merged over the action's own headers and query. */
export type AppliedAuth = { headers: { [name: string]: string }; query: { [name: string]: string } };

export type Connector = {
  id: string;
  title: string;
  description: string;
  /** Without it the connector's actions take no connection. */
  auth?: { methods: readonly AuthMethod[]; connection: "required" | "optional" };
  /** Where relative URLs begin unless the connection says otherwise; without a trailing slash. */
  baseUrl?: string;
  /**
   * A harmless call that shows whether a connection works. Without it a test says only that the credentials can be read
   * (and that a token can be had).
   */
  check?: {
    request: (connection: ConnectionView) => ActionRequest;
    response: (answer: HttpAnswer) => { ok: true; detail: string } | { ok: false; failure: Failure };
  };
  /**
   * Whether a refusal of the credentials (class `auth_revoked`) is the vendor's word about the connection: then it waits
   * for its owner, and its steps with it. False where any address may be called (HTTP).
   */
  refusalsCount?: boolean;
  actions: readonly Action[];
};

/** Forgets an action's input type, so that actions can stand in one list. */
export function defineAction<Input>(action: ActionOf<Input>): Action {
  // Safe: the executor is the only caller and passes only what the action's own input schema has let through.
  return action as unknown as Action;
}

/** A connector, checked for what would not be found or carried out. Throws a TypeError that says what is wrong. */
export function defineConnector(connector: Connector): Connector {
  const ids = [connector.id, ...connector.actions.map((action) => action.id)];
  const wrong = ids.find((id) => !/^[a-z][A-Za-z0-9]*$/.test(id));
  if (wrong !== undefined) throw new TypeError(`"${wrong}" is no id of a connector or action.`);
  const actionIds = new Set(ids.slice(1));
  if (actionIds.size !== connector.actions.length) throw new TypeError(`"${connector.id}" has an action id twice.`);
  const looker = connector.actions.find((action) => action.reconcile !== undefined && action.effect !== "unsafe-write");
  if (looker) throw new TypeError(`"${looker.id}" is no unsafe write: there is nothing to reconcile.`);
  return connector;
}

export type CatalogueEntry = {
  input: JsonSchema;
  output: JsonSchema;
  title: string;
  effect: Effect;
  /** Whether a step has to name a connection. */
  connection: "required" | "optional" | "none";
};

/** All actions by the name that a step's `use` gives them: `webhook.post`. */
export function actionCatalogue(connectors: readonly Connector[]): ReadonlyMap<string, CatalogueEntry> {
  return new Map(
    connectors.flatMap((connector) =>
      connector.actions.map(({ id, input, output, title, effect }) => {
        const connection = connector.auth?.connection ?? ("none" as const);
        return [`${connector.id}.${id}`, { input, output, title, effect, connection }] as const;
      }),
    ),
  );
}

/** The actions themselves by the same name. */
export function actionsByUse(connectors: readonly Connector[]): ReadonlyMap<string, Action> {
  return new Map(
    connectors.flatMap((connector) =>
      connector.actions.map((action) => [`${connector.id}.${action.id}`, action] as const),
    ),
  );
}
