// What happens to a request of a route? The refusals in their order, then the handler, then its answer.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { AppError } from "../model/errors.ts";
import type { Finding } from "../model/problem.ts";
import { newId, type IdPrefix, type TenantId } from "../model/ids.ts";
import type { Scope } from "../model/scope.ts";
import { answerInTime, storageError } from "../store/database.ts";
import { sendAnswer } from "./answer.ts";
import type { Authenticate, Principal } from "./auth.ts";
import { checkContentType, hasBody, readBody } from "./body.ts";
import { idempotencyKeyOf, type Idempotency, type Identity } from "./idempotency.ts";
import { createQueryCheck } from "./query.ts";
import type { Answer, BodySpec, Route } from "./route.ts";
import { parseStrictJson } from "./strict-json.ts";

/** What public routes get in place of a tenant; no tenant has this id. */
const nobody: Principal = { tenantId: "tnt_" as TenantId, keyId: "", scopes: new Set() };

/** What a request without an Idempotency-Key makes its ids by: they are new each time. */
const fresh = { newId: <P extends IdPrefix>(prefix: P) => newId(prefix) };

/** A request at its route: Node's own, with what Express has read of its address where there is something to read. */
export type RoutedRequest = IncomingMessage & { params?: Readonly<Record<string, unknown>>; query?: unknown };

/** Answers a request, or rejects with why it is refused. */
export type ServeRoute = (request: RoutedRequest, response: ServerResponse) => Promise<void>;

/** The handler of a route, prepared once: 401, 403, 413 and 415, 400, 422, and then what the route itself refuses. */
export function serveRoute(route: Route, authenticate: Authenticate, idempotency: Idempotency): ServeRoute {
  const { scope } = route;
  const checkQuery = createQueryCheck(route.query);
  const readRouteBody = route.body && createBodyReader(route.body);
  const takesKey = route.method === "post" && scope !== "public";
  return async (request, response) => {
    const principal = scope === "public" ? nobody : await authenticate(request);
    if (scope !== "public" && !principal.scopes.has(scope)) throw missingScope(scope);
    const body = readRouteBody && (await readRouteBody(request, response));
    const { url = "", method = "" } = request;
    // Most requests have no query, and the parser of Express runs at each look at it.
    const query = url.includes("?") ? checkQuery(request.query) : {};
    if (body?.check) body.check();
    const handle = (identity: Pick<Identity, "newId">): Promise<Answer> | Answer => {
      const { tenantId, keyId } = principal;
      // Safe: of a route whose path has parameters, every one of them is a text.
      const params = (request.params ?? {}) as Record<string, string>;
      const { headers } = request;
      return route.handler({ tenantId, keyId, params, query, body: body?.value, headers, method, ...identity });
    };
    // Accepting events has a time limit of its own, and is spared a second timer.
    const handleInTime = async (identity: Pick<Identity, "newId">): Promise<Answer> =>
      route.body?.bytes
        ? handle(identity)
        : (route.ownTime ? answerWhenDone : answerInTime)(Promise.resolve(handle(identity)));
    const key = takesKey ? idempotencyKeyOf(request.headers) : undefined;
    const answer =
      key === undefined
        ? await handleInTime(fresh)
        : await idempotency.once(
            {
              tenantId: principal.tenantId,
              key,
              method,
              url,
              headers: request.headers,
              body: body?.bytes,
            },
            handleInTime,
            () => response.setHeader("idempotency-replayed", "true"),
          );
    sendAnswer(request, response, answer);
  };
}

/** For handlers that bound their own time: an unknown outcome of storage is a 503 here too. */
async function answerWhenDone(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    throw storageError(error);
  }
}

type ReadBody = { value: unknown; bytes?: Buffer; check?: () => void };
type BodyReader = (request: IncomingMessage, response: ServerResponse) => Promise<ReadBody>;

function createBodyReader(spec: BodySpec<unknown>): BodyReader {
  const { contentTypes, bytes } = spec;
  const check = spec.check ?? createSchemaCheck(spec.schema);
  return async (request, response) => {
    const { headers } = request;
    if (!spec.required && !hasBody(headers)) return { value: undefined };
    const bytesMax =
      bytes?.rawBytesMax ??
      checkContentType(headers, contentTypes, spec.anyTypeBytesMax ?? bytes?.anyTypeWhen(headers));
    const read = await readBody(request, response, bytesMax);
    if (bytes) return { value: read, bytes: read };
    const parsed = parseStrictJson(read);
    if (!parsed.ok) {
      const errors = parsed.errors ? { errors: parsed.errors } : {};
      throw new AppError("request.malformed", { detail: parsed.detail, ...errors });
    }
    return { value: parsed.value, bytes: read, check: () => refuseShape(spec, check(parsed.value)) };
  };
}

function refuseShape(spec: BodySpec<unknown>, errors: Finding[]): void {
  if (errors.length === 0) return;
  throw new AppError(spec.invalidCode ?? "request.invalid", {
    detail: `The body has ${errors.length === 1 ? "an error" : `${errors.length} errors`}: \`errors\` says where and why.`,
    errors,
  });
}

function missingScope(scope: Scope): AppError {
  return new AppError("auth.scope", { detail: `The API key needs the scope \`${scope}\` for this.` });
}
