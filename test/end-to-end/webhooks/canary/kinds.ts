// One kind of endpoint for each secret that an endpoint can have, and what a receiver may do with what it was sent.
import { newPrivateKey } from "../../../../src/delivery/ed25519.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { authority, clientOne } from "../../../delivery/tls-pairs.ts";

const textOf64 = (text: string) => Buffer.from(text).toString("base64");

/** Secrets that nobody may find anywhere. */
export const canaries = {
  hmac: `whsec_${textOf64("hmac-of-an-endpoint-7c31-0123456789")}`,
  rotated: `whsec_${textOf64("rotated-to-by-hand-0f5e-0123456789")}`,
  batch: `whsec_${textOf64("of-a-batch-endpoint-93d1-0123456789")}`,
  pair: newPrivateKey(),
  text: "Text: secret & 100% ü 3d9f",
  bearer: "Bearer own+authorization/value=51c8",
  apiKey: "own-api-key-of-a-header-62aa0d",
  basicClient: "client+secret/of=basic~!*9b44",
  postClient: "client+secret/of=post~!*e07c",
  refusedClient: "client+secret/refused=~!*4410",
} as const;

/** A line of the key is enough to know it by. */
export const keyLine = clientOne.key.split("\n")[1] ?? "";

/** How a receiver answers; each repeats all that it was sent and told. */
export const rows = [
  "ok",
  "refused",
  "later",
  "exhausted",
  "unauthorized",
  "gone",
  "cut",
  "headers",
  "reset",
  "hang",
] as const;
export type Row = (typeof rows)[number];

export type Kind = {
  name: string;
  /** Members of the endpoint beside its URL and events. */
  settings: JsonObject;
  /** Over TLS. */
  secure?: true;
  /** Tells its receiver nothing but what is sent: the secret that it knows itself. */
  told: string[];
  rows: readonly Row[];
};

/** `login`: the token endpoint, without a trailing slash. */
export function kindsAt(login: string): Kind[] {
  const oauth = (clientAuth: string, clientSecret: string, path = "token") => ({
    oauth2: { tokenUrl: `${login}/${path}`, clientId: "app", clientSecret, clientAuth },
  });
  return [
    { name: "hmac", settings: { secret: canaries.hmac }, told: [canaries.hmac], rows },
    { name: "pair", settings: { secret: canaries.pair }, told: [canaries.pair], rows },
    { name: "text", settings: { secret: canaries.text, profile: "hub" }, told: [canaries.text], rows },
    {
      name: "authorization",
      settings: { headers: { Authorization: canaries.bearer, "X-Api-Key": canaries.apiKey, "X-Open": "seen" } },
      told: [],
      rows,
    },
    { name: "oauth-basic", settings: oauth("basic", canaries.basicClient), told: [canaries.basicClient], rows },
    { name: "oauth-post", settings: oauth("post", canaries.postClient), told: [canaries.postClient], rows },
    {
      name: "tls",
      settings: { tls: { certificate: clientOne.cert, key: clientOne.key, ca: authority } },
      secure: true,
      told: [],
      rows,
    },
    {
      name: "batch",
      settings: { secret: canaries.batch, batch: { max: 2, for: "1s" } },
      told: [canaries.batch],
      rows: ["ok", "refused", "later", "exhausted", "cut"],
    },
    {
      name: "ordered",
      settings: { secret: canaries.batch, order: "{{event.data.key}}" },
      told: [canaries.batch],
      rows: ["ok", "refused", "later", "exhausted", "cut"],
    },
    // The token endpoint repeats what it was sent, and refuses, fails, or cuts it.
    ...["refuses", "fails", "cuts"].map((path): Kind => ({
      name: `token-${path}`,
      settings: oauth("post", canaries.refusedClient, path),
      told: [],
      rows: ["ok"],
    })),
  ];
}
