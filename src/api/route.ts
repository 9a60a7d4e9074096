// What is a route? Data: who may call it, what it takes, what it answers. Validation and OpenAPI are made from it.
import type { IncomingHttpHeaders } from "node:http";
import type { ErrorCode } from "../model/errors.ts";
import type { Id, IdPrefix, TenantId } from "../model/ids.ts";
import type { JsonSchema } from "../model/json.ts";
import type { Finding } from "../model/problem.ts";
import type { Scope } from "../model/scope.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

export type Answer = {
  status: number;
  /** What becomes JSON; absent for an empty answer. */
  body?: unknown;
  /** A body whose text is made already. Wins over `body`. */
  text?: string | Buffer;
  contentType?: string;
  /** With quotes. Reads without one get the hash of their body. */
  etag?: string;
  headers?: { [name: string]: string };
};

export type Params<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [key in Name]: string } & Params<Rest>
  : unknown;

export type ApiRequest<Path extends string = string, Body = unknown> = {
  /** Empty on public routes, which must not use it. */
  tenantId: TenantId;
  keyId: string;
  params: Params<Path>;
  /** Checked against the route's schemas; integers are texts of digits still. */
  query: { readonly [name: string]: string | undefined };
  body: Body;
  headers: IncomingHttpHeaders;
  /** As it was sent: HEAD comes to the routes of GET. */
  method: string;
  /**
   * A new id for what the handler makes. Under an Idempotency-Key the n-th id of a prefix is the same each time the
   * request is handled: after a crash in the middle it is handled again, and must find what it made before.
   */
  newId<P extends IdPrefix>(prefix: P): Id<P>;
  /** What stays the same each time the request is handled; only under an Idempotency-Key. */
  requestId?: string;
};

/** A body: as JSON that is checked against a schema, or as bytes that the handler reads itself. */
export type BodySpec<Body> = {
  schema: JsonSchema;
  /** Media types that are taken, and how many bytes of each at most. */
  contentTypes: { readonly [mediaType: string]: number };
  required: boolean;
  /** The code of the refusal when the shape is wrong. */
  invalidCode?: ErrorCode;
  /** What is wrong with the parsed JSON, when the schema alone does not say it. */
  check?: (value: unknown) => Finding[];
  /**
   * The handler gets the bytes: its data must survive as it was written. Any media type, when the headers say so; with
   * `rawBytesMax` any media type, charset and content encoding, whatever the headers say.
   */
  bytes?: { anyTypeWhen(headers: IncomingHttpHeaders): number | undefined; rawBytesMax?: number };
  /** JSON of at most so many bytes, whatever the Content-Type says, and without one. */
  anyTypeBytesMax?: number;
  /** A body that the route takes, for the documentation. */
  example?: unknown;
  /** Never set: it only carries the type of the body that the handler gets. */
  type?: Body;
};

export type ResponseDoc = {
  description: string;
  schema?: JsonSchema;
  contentType?: string;
  /** Whether the answer carries an ETag. Reads do without this being said. */
  etag?: boolean;
};

export type RouteOf<Path extends string, Body> = {
  method: Method;
  /** As OpenAPI writes it: `/v1/flows/{id}`. */
  path: Path;
  scope: Scope | "public";
  tag: string;
  summary: string;
  description?: string;
  params?: { readonly [name: string]: JsonSchema };
  query?: { readonly [name: string]: JsonSchema };
  /** Request headers that mean something here, for the documentation. */
  headers?: { readonly [name: string]: string };
  body?: BodySpec<Body>;
  responses: { readonly [status: number]: ResponseDoc };
  /** The handler bounds its own time: it waits for others than the database, such as receivers of webhooks. */
  ownTime?: true;
  /** Asked far more often than all others: it is answered without Express. Only where the path has no parameters. */
  direct?: true;
  /** A PUT that is taken without If-Match too. */
  ifMatch?: "optional";
  handler(request: ApiRequest<Path, Body>): Promise<Answer> | Answer;
};
export type Route = RouteOf<string, unknown>;

/** A route whose handler is typed by its path and body. */
export function route<const Path extends string, Body = undefined>(definition: RouteOf<Path, Body>): Route {
  // Safe: the pipeline calls a handler only with params of its own path and with a body that its own spec let through.
  return definition as unknown as Route;
}

/** Largest body of the control plane, in bytes. */
export const controlBytesMax = 100 * 1024;

/** A JSON body of the control plane. */
export function jsonBody<Body>(schema: JsonSchema, rest: Partial<BodySpec<Body>> = {}): BodySpec<Body> {
  return { schema, contentTypes: { "application/json": controlBytesMax }, required: true, ...rest };
}
