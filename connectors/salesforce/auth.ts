// How do people connect Salesforce? By a key pair (JWT bearer), or by a client's secret.
import type { AuthMethod } from "../../src/connector/contract.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { apiVersionDefault, apiVersionPattern } from "./rest.ts";

const productionLogin = "https://login.salesforce.com";

/** Answers of the token endpoint have no `expires_in`; sessions live two hours unless the organization says otherwise. */
const lifetimeMs = 60 * 60_000;

const apiVersion = {
  type: "string",
  pattern: apiVersionPattern,
  description: `The REST API's version: ${apiVersionDefault} unless given.`,
} as const;

const loginUrlPattern = "^https?://[^?#\\s]+$";
/** The shared login hosts refuse client credentials: a typical mistake, found before the first step fails. */
const ownDomainPattern = "^https?://(?!(?:login|test)\\.salesforce\\.com(?:[/:]|$))[^?#\\s]+$";

const examplePrivateKey = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC…\n-----END PRIVATE KEY-----\n";

/**
 * Key pair: the connection asks for tokens in the name of a user, with an assertion that it signs.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
 */
export const jwtBearer: AuthMethod = {
  kind: "jwtBearer",
  title: "Key pair (JWT bearer flow)",
  credentials: {
    type: "object",
    additionalProperties: false,
    required: ["clientId", "username", "privateKey"],
    properties: {
      clientId: { type: "string", minLength: 1, maxLength: 512, description: "The app's consumer key." },
      username: { type: "string", minLength: 1, maxLength: 320, description: "The user in whose name steps act." },
      privateKey: {
        type: "string",
        pattern: "^\\s*-----BEGIN (?:RSA )?PRIVATE KEY-----",
        maxLength: 16_384,
        description: "The RSA key, in PEM, whose certificate the app has.",
        "x-secret": true,
        "x-multiline": true,
      },
      loginUrl: {
        type: "string",
        pattern: loginUrlPattern,
        maxLength: 500,
        description: `${productionLogin} unless given; https://test.salesforce.com for a sandbox, or your My Domain.`,
        "x-url": true,
      },
      audience: {
        type: "string",
        pattern: loginUrlPattern,
        maxLength: 500,
        description: "Whom the assertion is for, when that is not `loginUrl`.",
      },
      apiVersion,
    },
    examples: [
      { clientId: "3MVG9example", username: "flows@example.com", privateKey: examplePrivateKey },
      {
        clientId: "3MVG9example",
        username: "flows@example.com.test",
        privateKey: examplePrivateKey,
        loginUrl: "https://test.salesforce.com",
        apiVersion: "65.0",
      },
    ],
  },
  counterExamples: [
    { input: { clientId: "3MVG9example", username: "flows@example.com" }, pointer: "/privateKey" },
    { input: { clientId: "3MVG9example", privateKey: examplePrivateKey }, pointer: "/username" },
    {
      input: { clientId: "3MVG9example", username: "flows@example.com", privateKey: "MIIEvQIB" },
      pointer: "/privateKey",
    },
    {
      input: { clientId: "3MVG9example", username: "a@example.com", privateKey: examplePrivateKey, apiVersion: "v66" },
      pointer: "/apiVersion",
    },
  ],
  token: {
    grant: "jwt-bearer",
    url: (credentials) => tokenUrl(loginUrlOf(credentials)),
    clientAuth: "none",
    claims: (credentials) => ({
      iss: text(credentials["clientId"]),
      sub: text(credentials["username"]),
      aud: text(credentials["audience"]) || loginUrlOf(credentials),
    }),
    lifetimeMs,
    baseUrlMember: "instance_url",
  },
};

/**
 * Client credentials: the connection acts as the user whom the app's settings name.
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
 */
export const clientCredentials: AuthMethod = {
  kind: "oauth2",
  title: "Client id and secret (client credentials flow)",
  credentials: {
    type: "object",
    additionalProperties: false,
    required: ["clientId", "clientSecret", "loginUrl"],
    properties: {
      clientId: { type: "string", minLength: 1, maxLength: 512, description: "The app's consumer key." },
      clientSecret: {
        type: "string",
        minLength: 1,
        maxLength: 512,
        description: "The app's consumer secret.",
        "x-secret": true,
      },
      loginUrl: {
        type: "string",
        pattern: ownDomainPattern,
        maxLength: 500,
        description: "Your My Domain: Salesforce refuses this flow at login.salesforce.com and test.salesforce.com.",
        "x-url": true,
      },
      apiVersion,
    },
    examples: [
      { clientId: "3MVG9example", clientSecret: "0F3Cexample", loginUrl: "https://example.my.salesforce.com" },
    ],
  },
  counterExamples: [
    { input: { clientId: "3MVG9example", clientSecret: "0F3Cexample" }, pointer: "/loginUrl" },
    { input: { clientId: "3MVG9example", loginUrl: "https://example.my.salesforce.com" }, pointer: "/clientSecret" },
    {
      input: { clientId: "3MVG9example", clientSecret: "0F3Cexample", loginUrl: productionLogin },
      pointer: "/loginUrl",
    },
  ],
  token: {
    grant: "client_credentials",
    url: (credentials) => tokenUrl(loginUrlOf(credentials)),
    clientAuth: "post",
    lifetimeMs,
    baseUrlMember: "instance_url",
  },
};

function loginUrlOf(credentials: JsonObject): string {
  return (text(credentials["loginUrl"]) || productionLogin).replace(/\/+$/, "");
}

function tokenUrl(loginUrl: string): string {
  return `${loginUrl}/services/oauth2/token`;
}

function text(value: JsonObject[string] | undefined): string {
  return typeof value === "string" ? value : "";
}
