// A connection for the conformance suite, open as the product would open it, with tokens that are made up.
import { applyAuth, signingSecretsOf } from "../../src/connector/auth.ts";
import type { AuthMethod, Connector } from "../../src/connector/contract.ts";
import { openFields, secretsOf } from "../../src/connector/credentials.ts";
import type { Connections, OpenConnection, Opened } from "../../src/connector/open-connection.ts";
import type { FixtureCredentials } from "./fixture.ts";

export type FixtureConnections = Connections & {
  /** Everything that must not be recorded. */
  canaries: string[];
};

/** Connections of one connector, of which every name opens the same. `url` is the fake's. */
export function fixtureConnections(connector: Connector, given: FixtureCredentials, url: string): FixtureConnections {
  const method = methodOf(connector, given);
  const baseUrl = `${url}${given.basePath ?? ""}`;
  const tokenOf = (version: number): string | undefined =>
    method.token === undefined ? undefined : `canary-access-token-${version}`;
  const open = (version: number): OpenConnection => {
    const token = tokenOf(version);
    const applied = applyAuth(method, given.credentials, token);
    const signingSecrets = signingSecretsOf(method, given.credentials);
    const ofWebhook = method.kind === "webhookUrl" ? [baseUrl, given.basePath ?? ""] : [];
    return {
      view: { id: "conn_0000000000000000000001", kind: given.kind, fields: openFields(method, given.credentials) },
      applied,
      baseUrl,
      secrets: [...secretsOf(method, given.credentials), ...ofWebhook, ...(token === undefined ? [] : [token])],
      ...(signingSecrets === undefined ? {} : { signingSecrets }),
      ...(token === undefined ? {} : { tokenVersion: version }),
    };
  };
  return {
    canaries: [1, 2].flatMap((version) => {
      const { secrets, applied } = open(version);
      return [...secrets, ...Object.values(applied.headers), ...Object.values(applied.query)];
    }),
    open: async () => ({ outcome: "open", connection: open(1) }),
    async renew(_tenantId, { tokenVersion }): Promise<Opened> {
      if (tokenVersion === undefined) throw new Error("A connection without a token was asked to renew it.");
      return { outcome: "open", connection: open(tokenVersion + 1) };
    },
    refused: async (_tenantId, _connection, failure) => ({ outcome: "paused", failure, delayMs: 5_000 }),
  };
}

export function methodOf(connector: Connector, given: FixtureCredentials): AuthMethod {
  const method = connector.auth?.methods.find(({ kind }) => kind === given.kind);
  if (method === undefined) throw new Error(`${connector.id} has no method of the kind ${given.kind}.`);
  return method;
}

/** The forms in which a secret can turn up: as it is, URL-encoded, in base64, and as the second half of a Basic pair. */
export function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString("base64");
  return [secret, encodeURIComponent(secret), base64, JSON.stringify(secret).slice(1, -1)];
}
