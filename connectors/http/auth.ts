// How may requests of the http connector authenticate?
import type { AuthMethod, Connector } from "../../src/connector/contract.ts";
import type { JsonObject, JsonSchema } from "../../src/model/json.ts";

/** What a header can carry without being encoded: visible ASCII (RFC 6750, section 2.1, is narrower still). */
const visible = "^[!-~]+$";
const text: JsonSchema = { type: "string", minLength: 1, maxLength: 4_096 };
const secretText: JsonSchema = { ...text, "x-secret": true };
const visibleSecret: JsonSchema = { ...secretText, pattern: visible, description: "Visible ASCII characters." };
const url: JsonSchema = { type: "string", minLength: 1, maxLength: 2_048, "x-url": true };

/** With it the credentials go to this address only, and steps may leave it out of their URLs. */
const baseUrl: JsonSchema = {
  ...url,
  description: "Where the API begins: the credentials are sent to no other host, and relative URLs follow it.",
};

const fromBase = ({ baseUrl: given }: JsonObject): string | undefined =>
  typeof given === "string" ? given : undefined;

function fields(required: string[], properties: { [name: string]: JsonSchema }, examples: JsonObject[]): JsonSchema {
  return { type: "object", additionalProperties: false, required, properties: { ...properties, baseUrl }, examples };
}

const bearer: AuthMethod = {
  kind: "bearer",
  title: "A token in `Authorization: Bearer`",
  credentials: fields(["token"], { token: visibleSecret }, [
    { token: "tok_4f9aa1c2", baseUrl: "https://api.example.com/v1" },
    { token: "tok_4f9aa1c2" },
  ]),
  counterExamples: [
    { input: {}, pointer: "/token" },
    { input: { token: "two words" }, pointer: "/token" },
    { input: { token: "tok_4f9aa1c2", password: "x" }, pointer: "/password" },
  ],
  baseUrl: fromBase,
};

const basic: AuthMethod = {
  kind: "basic",
  title: "A user name and a password (RFC 7617)",
  credentials: fields(
    ["username", "password"],
    {
      // RFC 7617, section 2: the first colon ends the user name.
      username: { ...text, pattern: "^[^:\\u0000-\\u001f\\u007f]+$", description: "Holds no colon." },
      password: {
        type: "string",
        maxLength: 4_096,
        pattern: "^[^\\u0000-\\u001f\\u007f]*$",
        description: "Holds no control characters.",
        "x-secret": true,
      },
    },
    [{ username: "ann", password: "correct horse battery staple" }],
  ),
  counterExamples: [
    { input: { username: "ann" }, pointer: "/password" },
    { input: { username: "ann:b", password: "x" }, pointer: "/username" },
  ],
  baseUrl: fromBase,
};

const apiKey: AuthMethod = {
  kind: "apiKey",
  title: "A key in a header, or in the query",
  credentials: fields(
    ["key"],
    {
      key: visibleSecret,
      name: {
        type: "string",
        maxLength: 100,
        pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        description: "Name of the header or of the parameter: `X-Api-Key` unless given.",
      },
      in: { enum: ["header", "query"], description: "`header` unless given." },
    },
    [{ key: "4f9aa1c2d3" }, { key: "4f9aa1c2d3", name: "api_key", in: "query" }],
  ),
  counterExamples: [
    { input: { name: "X-Key" }, pointer: "/key" },
    { input: { key: "4f9aa1c2d3", in: "cookie" }, pointer: "/in" },
    { input: { key: "4f9aa1c2d3", name: "X Key" }, pointer: "/name" },
  ],
  baseUrl: fromBase,
};

/** Vendors that do not say how long a token lives are asked again after this time, in milliseconds. */
const lifetimeMs = 30 * 60_000;
const member = (credentials: JsonObject, name: string): string => {
  const value = credentials[name];
  return typeof value === "string" ? value : "";
};
const scopeOf = ({ scope }: JsonObject): string | undefined => (typeof scope === "string" ? scope : undefined);

/** RFC 6749, section 3.3. */
const scope: JsonSchema = { ...text, pattern: "^[!-~ ]+$", description: "Scopes, parted by spaces." };

const oauth2: AuthMethod = {
  kind: "oauth2",
  title: "OAuth 2 client credentials",
  credentials: fields(
    ["tokenUrl", "clientId", "clientSecret"],
    { tokenUrl: url, clientId: text, clientSecret: secretText, scope },
    [
      {
        tokenUrl: "https://login.example.com/oauth/token",
        clientId: "app",
        clientSecret: "s3cr3t-of-app",
        scope: "read",
      },
    ],
  ),
  counterExamples: [
    { input: { clientId: "app", clientSecret: "s3cr3t-of-app" }, pointer: "/tokenUrl" },
    { input: { tokenUrl: "https://login.example.com/", clientId: "app" }, pointer: "/clientSecret" },
  ],
  baseUrl: fromBase,
  token: {
    grant: "client_credentials",
    clientAuth: "basic",
    url: (credentials) => member(credentials, "tokenUrl"),
    scope: scopeOf,
    lifetimeMs,
  },
};

const jwtBearer: AuthMethod = {
  kind: "jwtBearer",
  title: "A signed assertion instead of a password (RFC 7523)",
  credentials: fields(
    ["tokenUrl", "issuer", "subject", "audience", "privateKey"],
    {
      tokenUrl: url,
      issuer: text,
      subject: text,
      audience: text,
      privateKey: { ...secretText, maxLength: 16_384, description: "An RSA key in PEM form.", "x-multiline": true },
      scope,
    },
    [
      {
        tokenUrl: "https://login.example.com/oauth/token",
        issuer: "app",
        subject: "ann@example.com",
        audience: "https://login.example.com",
        privateKey: "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n",
      },
    ],
  ),
  counterExamples: [
    {
      input: { tokenUrl: "https://login.example.com/", issuer: "a", subject: "b", audience: "c" },
      pointer: "/privateKey",
    },
    { input: { issuer: "a", subject: "b", audience: "c", privateKey: "-" }, pointer: "/tokenUrl" },
  ],
  baseUrl: fromBase,
  token: {
    grant: "jwt-bearer",
    clientAuth: "none",
    url: (credentials) => member(credentials, "tokenUrl"),
    claims: (credentials) => ({
      iss: member(credentials, "issuer"),
      sub: member(credentials, "subject"),
      aud: member(credentials, "audience"),
    }),
    scope: scopeOf,
    lifetimeMs,
  },
};

/** What steps of `http.request` may authenticate with. */
export const httpAuth: NonNullable<Connector["auth"]> = {
  connection: "optional",
  methods: [bearer, basic, apiKey, oauth2, jwtBearer],
};
