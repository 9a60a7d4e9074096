// What the API needs of the webhook side, real, for tests: endpoints, profiles, and tests that are really sent.
import type { AddressPolicy } from "../../src/delivery/address.ts";
import type { HttpClient } from "../../src/delivery/http.ts";
import type { Resolve } from "../../src/delivery/resolve.ts";
import { createAttempts } from "../../src/endpoint/attempt.ts";
import { createEndpointDesk } from "../../src/endpoint/desk.ts";
import { openEndpoint } from "../../src/endpoint/open.ts";
import { watchProfiles } from "../../src/endpoint/profiles.ts";
import { createTestSend } from "../../src/endpoint/test-send.ts";
import { createEndpointTokens } from "../../src/endpoint/token.ts";
import type { Log } from "../../src/log.ts";
import type { Store } from "../../src/store/store.ts";
import type { Vault } from "../../src/vault/vault.ts";

type Deps = {
  store: Store;
  vault: Vault;
  http: HttpClient;
  policy: AddressPolicy;
  log: Log;
  resolve?: Resolve | undefined;
};

export async function startWebhookDeps({ store, vault, http, policy, log, resolve }: Deps) {
  const profiles = await watchProfiles({ profiles: store.profiles, log });
  const nowMs = Date.now;
  const attempt = createAttempts({ http, tokens: createEndpointTokens({ http, nowMs }), nowMs });
  return {
    profiles,
    endpoints: createEndpointDesk({
      endpoints: store.endpoints,
      vault,
      policy,
      profiles,
      nowMs: store.nowMs,
      ...(resolve === undefined ? {} : { resolve }),
    }),
    sendTest: createTestSend({
      store,
      async open(tenantId, id) {
        const row = await store.endpoints.read(tenantId, id);
        return row && openEndpoint(row, { vault, profileOf: profiles.of });
      },
      attempt,
      nowMs,
    }),
  };
}
