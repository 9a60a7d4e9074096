// What is a connector? Data and pure functions: the executor alone does the I/O.
import type { HttpAnswer, HttpRequest } from "../delivery/http.ts";
import type { Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject, JsonSchema } from "../model/json.ts";

/**
 * What repeating an action does. `read`: nothing. `idempotent-write`: the same state again. `keyed-write`: the receiver
 * finds the duplicate by a key that we send. `natural-key-write`: by the content's own key. `unsafe-write`: it happens twice.
 */
export type Effect = "read" | "idempotent-write" | "keyed-write" | "natural-key-write" | "unsafe-write";

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
  /** Signing secrets, newest first. Replaced in everything that is recorded. */
  secrets: string[];
  event: Event;
};

/** A request as an action describes it; time limits are the executor's. */
export type ActionRequest = Omit<HttpRequest, "timeoutMs" | "signal" | "body"> & { body?: string };

export type Built = { ok: true; request: ActionRequest } | { ok: false; failure: Failure };
export type Answered = { ok: true; output: Json } | { ok: false; failure: Failure };

export type CounterExample = {
  input: Json;
  /** JSON pointer that the refusal names. */
  pointer: string;
};

/** An action whose input has the type that its schema describes. */
export type ActionOf<Input> = {
  id: string;
  title: string;
  description: string;
  effect: Effect;
  /** Draft 2020-12; `examples` are inputs that hold. */
  input: JsonSchema;
  /** `examples` holds at least one output: what an unmocked action answers in a test of a flow. */
  output: JsonSchema;
  counterExamples: readonly CounterExample[];
  /** Pure. Called only with an input that the schema holds for. */
  request: (input: Input, call: ActionCall) => Built;
  /** Pure. Turns the receiver's answer into the step's output, or says why it is a failure. */
  response: (answer: HttpAnswer, input: Input) => Answered;
};
export type Action = ActionOf<JsonObject>;

export type Connector = { id: string; title: string; actions: readonly Action[] };

/** Forgets an action's input type, so that actions can stand in one list. */
export function defineAction<Input>(action: ActionOf<Input>): Action {
  // Safe: the executor is the only caller and passes only what the action's own input schema has let through.
  return action as unknown as Action;
}

/** A connector, checked for ids that would not be found again. Throws a TypeError for a wrong or double id. */
export function defineConnector(connector: Connector): Connector {
  const ids = [connector.id, ...connector.actions.map((action) => action.id)];
  const wrong = ids.find((id) => !/^[a-z][A-Za-z0-9]*$/.test(id));
  if (wrong !== undefined) throw new TypeError(`"${wrong}" is no id of a connector or action.`);
  const actionIds = new Set(ids.slice(1));
  if (actionIds.size !== connector.actions.length) throw new TypeError(`"${connector.id}" has an action id twice.`);
  return connector;
}

export type CatalogueEntry = { input: JsonSchema; output: JsonSchema; title: string };

/** All actions by the name that a step's `use` gives them: `webhook.post`. */
export function actionCatalogue(connectors: readonly Connector[]): ReadonlyMap<string, CatalogueEntry> {
  return new Map(
    [...actionsByUse(connectors)].map(([use, { input, output, title }]) => [use, { input, output, title }] as const),
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
