// http, for the conformance suite.
import { generateKeyPairSync } from "node:crypto";
import type { ConnectorFixture } from "../fixture.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const tokenUrl = "https://login.example.com/token";

export const httpFixture: ConnectorFixture = {
  connector: "http",
  credentials: [
    { kind: "bearer", credentials: { token: "canary-bearer-token/+=" } },
    { kind: "basic", credentials: { username: "ann", password: "canary pass&word" } },
    { kind: "apiKey", credentials: { key: "canary-api-key" } },
    { kind: "oauth2", credentials: { clientId: "client", clientSecret: "canary-client-secret", tokenUrl } },
    {
      kind: "jwtBearer",
      credentials: {
        issuer: "millrace",
        subject: "ann@example.com",
        audience: "https://login.example.com",
        tokenUrl,
        privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      },
    },
  ],
  actions: [
    {
      action: "request",
      input: (url) => ({ method: "GET", url: `${url}/orders`, query: { status: "open" } }),
      success: { body: { orders: [] } },
      // Text is as good as JSON where the step does not ask for one of them.
      endings: { "truncated JSON": "ok", "10 MB": "ok" },
    },
    {
      action: "request",
      kind: "oauth2",
      input: (url) => ({ method: "POST", url: `${url}/orders`, body: { total: 12.5 }, as: "json" }),
      success: { status: 201, body: { id: 7 } },
      // A POST that was carried out is not sent again because its answer is not the JSON that the step wants.
      endings: { "truncated JSON": "permanent", "10 MB": "limit" },
    },
    {
      action: "request",
      kind: "none",
      input: (url) => ({
        method: "PUT",
        url: `${url}/notes/1`,
        headers: { "content-type": "text/plain" },
        body: "Hello",
      }),
      success: { headers: { "content-type": "text/plain" }, body: "ok" },
      endings: { "truncated JSON": "ok", "10 MB": "ok" },
    },
  ],
};
