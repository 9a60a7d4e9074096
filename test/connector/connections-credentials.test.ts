// Which credentials are taken, for which of a connector's methods, and what is said about those that are not.
import { generateKeyPairSync } from "node:crypto";
import { connectors } from "../../connectors/index.ts";
import { httpAuth } from "../../connectors/http/auth.ts";
import { webhook } from "../../connectors/webhook/index.ts";
import { checkCredentials } from "../../src/connector/credentials.ts";
import { defineConnector, type AuthMethod } from "../../src/connector/contract.ts";
import type { AddressPolicy } from "../../src/delivery/address.ts";
import { createSchemaCheck } from "../../src/flow/schema-findings.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { hostileNames, hostileUrls } from "../delivery/hostile-urls.ts";
import { canary, incoming, policy, rsaKey } from "./token-endpoint.ts";

const http = defineConnector({ id: "http", title: "HTTP", description: "-", auth: httpAuth, actions: [] });
const strict: AddressPolicy = { allowHttp: true, allowNetworks: [] };
const check = (credentials: JsonObject, kind?: string, connector = http, rules = strict) =>
  checkCredentials(connector, credentials, kind, rules);
const brief = (...of: Parameters<typeof check>) => {
  const checked = check(...of);
  return checked.ok ? checked.method.kind : checked.findings.map(({ pointer, code }) => `${code} ${pointer}`);
};
const oauth = { tokenUrl: "https://login.example.com/token", clientId: "app", clientSecret: canary };

const methods: [string, AuthMethod][] = [http, webhook, ...connectors.filter(({ id }) => id !== "http")].flatMap(
  ({ id, auth }) => (auth?.methods ?? []).map((method): [string, AuthMethod] => [`${id} ${method.kind}`, method]),
);

describe.each(methods)("the method %s", (_, method) => {
  const find = createSchemaCheck(method.credentials);

  test("takes its examples, and marks a secret in each of them", () => {
    // The schemas' own keyword.
    const examples = method.credentials["examples"] as JsonObject[];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(find(example)).toEqual([]);
      const properties = method.credentials["properties"] as { [name: string]: { "x-secret"?: boolean } };
      expect(Object.keys(example).some((name) => properties[name]?.["x-secret"])).toBe(true);
    }
  });

  test("refuses its counter-examples at their places", () => {
    expect(method.counterExamples.length).toBeGreaterThan(0);
    for (const { input, pointer } of method.counterExamples) {
      expect([input, find(input).map((one) => one.pointer)]).toEqual([input, expect.arrayContaining([pointer])]);
    }
  });
});

test("the method is the one that the credentials fit, or that is named", () => {
  expect(brief({ token: "tok_123" })).toBe("bearer");
  expect(brief({ username: "a", password: "b" })).toBe("basic");
  expect(brief({ key: "k" })).toBe("apiKey");
  expect(brief(oauth)).toBe("oauth2");
  const { tokenUrl } = oauth;
  expect(brief({ tokenUrl, issuer: "i", subject: "s", audience: "a", privateKey: rsaKey() })).toBe("jwtBearer");
  expect(brief({ token: "tok_123" }, "bearer")).toBe("bearer");
});

test("what is wrong is said of the method that comes nearest, or of the one that is named", () => {
  expect(brief({ tokenUrl: oauth.tokenUrl, clientId: "app" })).toEqual(["required /credentials/clientSecret"]);
  expect(brief({ token: "tok_123", tokn: "x" })).toEqual(["unknown /credentials/tokn"]);
  expect(brief({ token: "tok_123" }, "basic")).toEqual([
    "required /credentials/username",
    "required /credentials/password",
    "unknown /credentials/token",
  ]);
  expect(check({ token: "tok_123" }, "saml")).toMatchObject({
    findings: [{ pointer: "/auth", code: "value", message: expect.stringContaining("`bearer`, `basic`") }],
  });
  const bare = defineConnector({ id: "bare", title: "Bare", description: "-", actions: [] });
  expect(brief({ token: "x" }, undefined, bare)).toEqual(["value /connector"]);
});

test("a private key is an RSA key of 2048 bits or more", () => {
  const of = { tokenUrl: oauth.tokenUrl, issuer: "i", subject: "s", audience: "a" };
  const pem = { type: "pkcs8", format: "pem" } as const;
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(pem).toString();
  const curve = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pem).toString();
  const pkcs1 = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" });
  for (const privateKey of [canary, small, curve]) {
    expect(brief({ ...of, privateKey })).toEqual(["format /credentials/privateKey"]);
  }
  expect(brief({ ...of, privateKey: pkcs1.toString() })).toBe("jwtBearer");
});

test("addresses that may not be reached are refused, whatever member they stand in", () => {
  // What a name stands for is looked at when it is dialled.
  const byText = hostileUrls.filter(
    (url) => !Object.keys(hostileNames).some((name) => url.toLowerCase().includes(name)),
  );
  expect(byText.length).toBeGreaterThan(50);
  for (const hostile of byText.map((url) => url.replace("{port}", "8080"))) {
    expect([hostile, brief({ ...oauth, tokenUrl: hostile })]).toEqual([
      hostile,
      [expect.stringMatching(/^(url|range)/)],
    ]);
    expect([hostile, brief({ token: "tok_123", baseUrl: hostile })]).toEqual([
      hostile,
      [expect.stringMatching(/^(url|range)/)],
    ]);
    expect(brief({ webhookUrl: hostile }, undefined, incoming)).toEqual([
      expect.stringContaining("/credentials/webhookUrl"),
    ]);
  }
  expect(brief({ ...oauth, tokenUrl: "http://127.0.0.1:8080/" }, undefined, http, policy)).toBe("oauth2");
});

test("nothing that is said of credentials repeats a value of them", () => {
  const refused = [
    check({ token: `${canary} ${canary}` }),
    check({ token: canary, name: canary, in: canary }),
    check({ ...oauth, clientSecret: [canary] }),
    check({ ...oauth, tokenUrl: `http://10.0.0.1/${canary}` }),
    check({ token: canary }, canary),
    check({ webhookUrl: `ftp://${canary}` }, undefined, incoming),
    check({ secret: canary }, undefined, webhook),
  ];
  for (const one of refused) expect(one.ok).toBe(false);
  expect(JSON.stringify(refused)).not.toContain(canary);
});
