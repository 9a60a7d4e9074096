// Does a connection work at this moment? Its token, and the connector's harmless call, tried on demand.
import { failureOfResult } from "../delivery/classify.ts";
import type { HttpClient } from "../delivery/http.ts";
import type { Failure } from "../model/failure.ts";
import type { TenantId } from "../model/ids.ts";
import type { ConnectionStore } from "../store/connections.ts";
import type { Vault } from "../vault/vault.ts";
import { createRedactor } from "../vault/redact.ts";
import { addressRequest } from "./address-request.ts";
import { revoked, type ConnectionReader } from "./connection-reader.ts";
import { redactFailure } from "./record.ts";
import { openConnectionOf, type Unsealed } from "./open-credentials.ts";
import { ensureToken, type TokenDeps } from "./tokens.ts";

export type Tried = { ok: true; detail: string } | { ok: false; failure: Failure };

type TrialDeps = {
  connections: ConnectionStore;
  vault: Vault;
  http: Pick<HttpClient, "send">;
  nowMs: () => number;
  reader: ConnectionReader;
};

/** Of the harmless call, in milliseconds: somebody waits for the answer. */
const checkTimeoutMs = 3_000;

/**
 * A trial of a connection, by id or slug; undefined when there is none. It marks nothing as refused. One that was refused
 * before is active again after a success that its vendor had a part in.
 */
export function createTrial({ connections, vault, http, nowMs, reader }: TrialDeps) {
  const tokens: TokenDeps = {
    // A trial only asks: what it hears is for who asked.
    connections: { ...connections, requireReauth: async () => false },
    vault,
    http,
    nowMs,
    reread: async (row) => {
      const read = await reader.read(row.tenantId, row._id, "fresh");
      return read?.ok ? read.unsealed : undefined;
    },
  };

  /** The token that there is says nothing once it was refused: another one has to be had. */
  const tryTokens = async (unsealed: Unsealed, newerThan: number | undefined): Promise<Tried> => {
    const outcome = await ensureToken(tokens, unsealed, newerThan);
    if (outcome.outcome === "changed") return { ok: false, failure: changedMeanwhile };
    if (outcome.outcome !== "ready") return { ok: false, failure: outcome.failure };
    reader.keep(outcome.unsealed);
    const tried = await callVendor(http, outcome.unsealed);
    const isRefused = tried?.ok === false && tried.failure.class === "auth_revoked";
    if (isRefused && newerThan === undefined) return tryTokens(outcome.unsealed, outcome.unsealed.token?.version);
    return tried ?? { ok: true, detail: `${unsealed.connector.title} gave a token.` };
  };

  return async function test(tenantId: TenantId, ref: string): Promise<Tried | undefined> {
    const read = await reader.read(tenantId, ref, "fresh");
    if (read === undefined) return undefined;
    if (read.row.status === "revoked") return { ok: false, failure: revoked(read.row) };
    if (!read.ok) return { ok: false, failure: read.failure };
    const { row, unsealed } = read;
    const { title } = unsealed.connector;
    const isMarked = row.status === "reauth_required";
    if (unsealed.method.token === undefined && unsealed.connector.check === undefined) {
      return { ok: true, detail: `The credentials can be read; ${title} has no harmless call to try them with.` };
    }
    const tried =
      unsealed.method.token === undefined
        ? ((await callVendor(http, unsealed)) ?? { ok: false, failure: noAnswer })
        : await tryTokens(unsealed, isMarked ? row.tokenVersion : undefined);
    if (tried.ok && isMarked) {
      await connections.reactivate({ tenantId, id: row._id }, { credentialsVersion: row.credentialsVersion });
      reader.forget(row._id);
    }
    return tried;
  };
}

/** The connector's harmless call; undefined when it has none. */
async function callVendor(http: TrialDeps["http"], unsealed: Unsealed): Promise<Tried | undefined> {
  const { connector } = unsealed;
  if (connector.check === undefined) return undefined;
  const connection = openConnectionOf(unsealed);
  const redact = createRedactor(connection.secrets);
  const addressed = addressRequest(connector.check.request(connection.view), connection, connector.baseUrl);
  if (!addressed.ok) return addressed;
  const result = await http.send({ ...addressed.request, timeoutMs: checkTimeoutMs });
  if (!result.ok) return { ok: false, failure: failureOfResult(result) ?? noAnswer };
  const answered = connector.check.response(result);
  if (answered.ok) return { ok: true, detail: redact(answered.detail) };
  return { ok: false, failure: redactFailure(answered.failure, redact) };
}

const noAnswer: Failure = { class: "network", code: "no_answer", message: "The call had no answer." };

const changedMeanwhile: Failure = {
  class: "transient",
  code: "connection_changing",
  message: "The connection was changed while it was tried: try it again.",
};
