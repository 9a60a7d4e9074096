// How does Temporal's UI show what we sealed? It asks this endpoint, whose address is a secret: who knows it may read.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import type { Payload, PayloadCodec } from "@temporalio/common";
import type { Config } from "../config.ts";
import { AppError } from "../model/errors.ts";
import type { JsonSchema } from "../model/json.ts";
import { VaultError, type Keyring, type RingKey } from "../vault/keyring.ts";
import { jsonBody, route, type Answer, type ApiRequest, type Route } from "./route.ts";

export type CodecEndpoint = {
  codec: PayloadCodec;
  namespace: string;
  keyring: Keyring;
  /** Exact origins of the pages that may ask: that of Temporal's UI, and those of `MILLRACE_CORS_ORIGINS`. */
  origins: readonly string[];
};

/** Where everything of the endpoint lies. Not below /v1: no API key opens it. */
const codecBase = "/temporal/codec";
/** The UI asks for a page of a history at once, and Temporal takes up to 4 MB in one message. In bytes. */
const bodyBytesMax = 8 * 1024 * 1024;
const payloadsMax = 10_000;
const preflightAgeS = 600;
/** Stands in a request's path once its token was checked, so that no line of the log holds one. */
const checkedToken = "-";

type JsonPayload = { metadata?: { [name: string]: string } | null; data?: string | null };
type CodecBody = { payloads: JsonPayload[] };
type CodecRequest = ApiRequest<string, CodecBody>;

const base64: JsonSchema = { type: ["string", "null"], pattern: "^[A-Za-z0-9+/]*={0,2}$" };
const bodySchema: JsonSchema = {
  type: "object",
  required: ["payloads"],
  properties: {
    payloads: {
      type: "array",
      maxItems: payloadsMax,
      items: {
        type: "object",
        properties: {
          metadata: { type: ["object", "null"], additionalProperties: { ...base64, type: "string" } },
          data: base64,
        },
      },
    },
  },
};

/**
 * The address to set in Temporal's UI; the one made of the ring's active key, others of the ring stay valid. Undefined
 * when it cannot be known: this process picks its port itself, or listens on none.
 */
export function codecUrl(config: Pick<Config, "publicUrl" | "host" | "port" | "role">, keyring: Keyring) {
  if (config.publicUrl !== undefined) return `${config.publicUrl}${codecBase}/${tokenOf(keyring.active)}`;
  if (config.port === 0 || config.role === "worker") return undefined;
  // Who listens everywhere is reached on loopback by a browser of the same machine.
  const host = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[config.host] ?? config.host;
  const authority = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `http://${authority}:${config.port}${codecBase}/${tokenOf(keyring.active)}`;
}

/**
 * Temporal's remote codec protocol: `POST …/decode` and `…/encode` with `{ payloads: [{ metadata, data }] }`, bytes as
 * base64. Public, since browsers of people without an API key call them: `guardCodec` asks for the token before.
 */
export function codecRoutes({ codec, namespace }: CodecEndpoint): Route[] {
  const codecRoute = (word: "decode" | "encode", summary: string) =>
    route({
      method: "post",
      path: `${codecBase}/{token}/${word}`,
      scope: "public",
      tag: "Temporal",
      summary,
      description:
        "Temporal's remote codec protocol, for its UI and command line. The token in the path is the right to call it: `millrace codec-url` prints the address. It exists while `MILLRACE_TEMPORAL_ENCRYPTION` is `on`.",
      headers: { "x-namespace": "The namespace that the payloads belong to." },
      body: jsonBody<CodecBody>(bodySchema, { contentTypes: { "application/json": bodyBytesMax } }),
      responses: { 200: { description: "The payloads, in the same order.", schema: bodySchema } },
      handler: (request) => convert(request, namespace, codec[word]),
    });
  return [codecRoute("decode", "Open sealed payloads"), codecRoute("encode", "Seal payloads")];
}

/**
 * What stands before the routes: CORS for the UI's origin, and 404 without the token, before a byte of the body is read.
 */
export function guardCodec({ keyring, origins }: CodecEndpoint): readonly [string, RequestHandler] {
  const allowed = new Set(origins);
  const tokens = [...keyring.byId.values()].map(tokenOf);
  return [
    codecBase,
    (request, response, next) => {
      response.setHeader("referrer-policy", "no-referrer");
      response.setHeader("vary", "origin");
      const { origin } = request.headers;
      if (origin !== undefined && allowed.has(origin)) {
        response.setHeader("access-control-allow-origin", origin);
        if (request.method === "OPTIONS") {
          response.setHeader("access-control-allow-methods", "POST");
          response.setHeader("access-control-allow-headers", "content-type, x-namespace");
          response.setHeader("access-control-max-age", String(preflightAgeS));
          response.statusCode = 204;
          response.end();
          return;
        }
      }
      // The UI adds query fields of its own (about storage outside of Temporal, which we do not use): they are let go.
      const [, token = "", ...rest] = (request.url.split("?", 1)[0] ?? "").split("/");
      if (!isOneOf(tokens, token)) {
        throw new AppError("route.unknown", { detail: "There is nothing at this address: /docs lists what there is." });
      }
      request.url = `/${[checkedToken, ...rest].join("/")}`;
      next();
    },
  ];
}

/** A key's token: HMAC-SHA256 (RFC 2104) of a fixed text, so that all processes of an installation know the same. */
function tokenOf({ key }: RingKey): string {
  return createHmac("sha256", key).update("millrace temporal codec endpoint").digest("base64url");
}

/** Every token is compared, and each in constant time: `===` would tell how many characters matched. */
function isOneOf(tokens: readonly string[], given: string): boolean {
  const bytes = Buffer.from(given);
  let found = false;
  for (const token of tokens) {
    const expected = Buffer.from(token);
    if (expected.length === bytes.length && timingSafeEqual(expected, bytes)) found = true;
  }
  return found;
}

async function convert(request: CodecRequest, namespace: string, work: PayloadCodec["decode"]): Promise<Answer> {
  const asked = request.headers["x-namespace"];
  if (asked !== undefined && asked !== namespace) {
    throw new AppError("request.invalid", {
      detail: `The header X-Namespace is about another namespace: this endpoint knows "${namespace}" only.`,
    });
  }
  const payloads: JsonPayload[] = [];
  for (const [index, payload] of request.body.payloads.entries()) {
    try {
      payloads.push(...(await work([fromJson(payload)])).map(toJson));
    } catch (error) {
      throw error instanceof VaultError ? refusal(error, index) : error;
    }
  }
  return { status: 200, body: { payloads } };
}

function refusal(error: VaultError, index: number): AppError {
  return new AppError("request.invalid", {
    detail: error.message,
    errors: [{ pointer: `/payloads/${index}`, code: error.code, message: error.message }],
    cause: error,
  });
}

function fromJson({ metadata, data }: JsonPayload): Payload {
  const entries = Object.entries(metadata ?? {}).map(([name, text]) => [name, Buffer.from(text, "base64")] as const);
  return { metadata: Object.fromEntries(entries), ...(data ? { data: Buffer.from(data, "base64") } : {}) };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const entries = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? new Uint8Array()).toString("base64") };
}
