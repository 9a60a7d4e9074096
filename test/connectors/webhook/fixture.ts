// webhook, for the conformance suite.
import type { ConnectorFixture } from "../fixture.ts";

export const webhookFixture: ConnectorFixture = {
  connector: "webhook",
  credentials: [{ kind: "signing", credentials: { secret: "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5" } }],
  actions: [
    {
      action: "post",
      input: (url) => ({ url: `${url}/in`, data: { rating: 2 } }),
      success: { body: { received: true } },
      // Receivers answer what they like: any 2xx is a delivery.
      endings: { "truncated JSON": "ok", "10 MB": "ok" },
    },
    {
      action: "post",
      kind: "none",
      input: (url) => ({ url: `${url}/in`, profile: "hub", body: "as it stands" }),
      success: { headers: { "content-type": "text/plain" }, body: "ok" },
      endings: { "truncated JSON": "ok", "10 MB": "ok" },
    },
  ],
};
