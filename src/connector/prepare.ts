// Can this call be made? Its action is known, its input fits, its connection is open, and the bytes that it sends are there.
import { blobBytesMax } from "../model/blob.ts";
import type { Failure } from "../model/failure.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { BlobStore } from "../store/blobs.ts";
import type { Action, ActionCall, Connector, LoadedBlob } from "./contract.ts";
import { compileInput, type InputCheck } from "./input.ts";
import type { Connections, OpenConnection } from "./open-connection.ts";
import type { PerformInput } from "./perform.ts";
import { declaredSecrets, recordedInput, secretsOf, type Redactor } from "./record.ts";
import { stored } from "./store-away.ts";

type Known = { connector: Connector; action: Action; check: InputCheck };

/** Everything that a request is built and sent with. */
export type Ready = Omit<Known, "check"> & {
  input: JsonObject;
  call: ActionCall;
  connection: OpenConnection | undefined;
};

export type Prepared = { recordedInput?: Json } & (
  | ({ ok: true } & Ready)
  | { ok: false; failure: Failure }
  /** The connection waits for its owner, or for its token. */
  | { ok: false; paused: { failure: Failure; delayMs: number } }
);

export type PrepareDeps = {
  connectors: readonly Connector[];
  connections: Connections;
  blobs: Pick<BlobStore, "find">;
};

/** Prepares calls of the given connectors' actions; their input schemas are compiled here, once. */
export function createPrepare(deps: PrepareDeps) {
  const knownByUse = new Map<string, Known>();
  for (const connector of deps.connectors) {
    for (const action of connector.actions) {
      knownByUse.set(`${connector.id}.${action.id}`, { connector, action, check: compileInput(action) });
    }
  }
  return {
    find: (use: string): Known | undefined => knownByUse.get(use),

    /** Throws StoreAway. What is secret in this call is made known to the redactor on the way. */
    async prepare(given: PerformInput, redactor: Redactor): Promise<Prepared> {
      const known = knownByUse.get(given.use);
      if (known === undefined) return refused("unknown_action", `There is no action "${given.use}".`);
      const { connector, action } = known;
      redactor.add(declaredSecrets(action.input, given.input));
      const opened = await openFor(deps.connections, known, given);
      if ("connection" in opened && opened.connection !== undefined) redactor.add(secretsOf(opened.connection));
      // After the connection's secrets are known: an input may hold one of them.
      const noted = { recordedInput: recordedInput(action.input, given.input, redactor.redact) };
      const checked = known.check(given.input);
      if (!checked.ok) return { ...noted, ok: false, failure: checked.failure };
      if (!opened.ok) return { ...noted, ...opened };
      const { connection } = opened;
      const blobs = await loadBlobs(deps.blobs, action, checked.input, given);
      if (!blobs.ok) return { ...noted, ...blobs };
      const call = callOf(given, connection, blobs.loaded);
      return { ...noted, ok: true, connector, action, input: checked.input, call, connection };
    },
  };
}

type OpenedFor =
  | { ok: true; connection: OpenConnection | undefined }
  | { ok: false; failure: Failure }
  | { ok: false; paused: { failure: Failure; delayMs: number } };

/** The connection that the step names, where it may and must name one. */
async function openFor(connections: Connections, known: Known, given: PerformInput): Promise<OpenedFor> {
  const { connector, action } = known;
  const ref = given.connection;
  if (ref === undefined) {
    if (connector.auth?.connection !== "required") return { ok: true, connection: undefined };
    const message = `${connector.title} needs a connection: name one in the step's \`connection\`.`;
    return refused("connection_required", message);
  }
  if (connector.auth === undefined) {
    return refused("connection_unexpected", `${connector.title} takes no connection: leave out \`connection\`.`);
  }
  const opened = await stored(connections.open(given.tenantId, ref, connector.id));
  if (opened.outcome === "failed") return { ok: false, failure: opened.failure };
  if (opened.outcome === "paused") return { ok: false, paused: opened };
  const { connection } = opened;
  if (action.kinds !== undefined && !action.kinds.includes(connection.view.kind)) {
    const message = `"${action.title}" needs a connection of the kind ${action.kinds.join(" or ")}, not ${connection.view.kind}.`;
    return refused("connection_kind", message);
  }
  return { ok: true, connection };
}

function callOf(
  given: PerformInput,
  connection: OpenConnection | undefined,
  blobs: Map<string, LoadedBlob>,
): ActionCall {
  const secrets = connection === undefined ? given.tenantSecrets : (connection.signingSecrets ?? []);
  return {
    ...given.call,
    tenantId: given.tenantId,
    secrets,
    ...(connection === undefined ? {} : { connection: connection.view }),
    ...(blobs.size === 0 ? {} : { blobs }),
  };
}

async function loadBlobs(
  store: Pick<BlobStore, "find">,
  action: Action,
  input: JsonObject,
  given: PerformInput,
): Promise<{ ok: true; loaded: Map<string, LoadedBlob> } | { ok: false; failure: Failure }> {
  const loaded = new Map<string, LoadedBlob>();
  let bytes = 0;
  for (const id of action.blobs?.(input) ?? []) {
    const blob = loaded.get(id) ?? (await stored(store.find(given.tenantId, id)));
    if (blob === undefined) return refused("blob_unknown", `There is no blob ${id}, or it has expired after 30 days.`);
    loaded.set(id, blob);
    // Each mention counts: a request holds its bytes as often.
    bytes += blob.data.length;
    if (bytes > blobBytesMax) return { ok: false, failure: tooManyBytes };
  }
  return { ok: true, loaded };
}

const tooManyBytes: Failure = {
  class: "limit",
  code: "blobs_too_large",
  message: `A request sends ${blobBytesMax / (1024 * 1024)} MB of stored bytes at most: send the files one by one.`,
};

function refused(code: string, message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { class: "validation", code, message } };
}
