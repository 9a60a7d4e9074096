// What does the conformance suite have to know of a connector, beside the connector itself?
import type { AuthKind } from "../../src/model/connection.ts";
import type { FailureClass } from "../../src/model/failure.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { FaultName } from "./fault-matrix.ts";

/** An HTTP answer of the fake; 200 and `application/json` unless given. An object is sent as JSON. */
export type FakeAnswer = {
  status?: number;
  headers?: Record<string, string>;
  body?: string | JsonObject | JsonObject[];
};

/** How a row of the matrix ends: with success, or with a failure of this class. */
export type Ending = "ok" | FailureClass;

/** Credentials that hold, whose secrets are made up (they are looked for in everything that is recorded). */
export type FixtureCredentials = {
  kind: AuthKind;
  credentials: JsonObject;
  /**
   * Where relative URLs begin: the fake's URL and this path. For kind `webhookUrl` it is the path of the webhook, which
   * is secret as a whole.
   */
  basePath?: string;
};

/** One action, called in one way. */
export type ActionFixture = {
  action: string;
  /** Which of the connector's credentials it is called with; the first unless given. `none`: without a connection. */
  kind?: AuthKind | "none";
  /** An input that holds. `url` is the fake's, without a trailing slash, for actions that take an address. */
  input: (url: string) => JsonObject;
  /** What the vendor answers when all went well. */
  success: FakeAnswer;
  /** Answers of status 200 that are failures, where the vendor has them. */
  errorsIn200?: { title: string; answer: FakeAnswer; ending: Ending }[];
  /** A limit that the vendor tells as 403, where it does. */
  limitAs403?: { answer: FakeAnswer; ending: Ending };
  /** For actions that reconcile: what the look-up answers when the effect is there, and when it is not. */
  reconcile?: { found: FakeAnswer; missing: FakeAnswer };
  /** Rows that end otherwise than the action's effect says, each because of a rule of the vendor. */
  endings?: { [fault in FaultName]?: Ending };
};

export type ConnectorFixture = {
  /** The connector's id. */
  connector: string;
  /** One for each of the connector's auth methods; none for connectors without. */
  credentials: FixtureCredentials[];
  /** How the vendor words an error of this status, where a plain `{ "error": … }` would not be one of its own. */
  errors?: { [status: number]: FakeAnswer };
  /** At least one for each action. */
  actions: ActionFixture[];
};
