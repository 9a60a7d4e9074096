// What happens to every request, whichever way it takes to its route: what an answer carries, and what errors become.
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../model/errors.ts";
import { newId } from "../model/ids.ts";
import type { Authenticate } from "./auth.ts";
import { allowOrigins, type AllowOrigin } from "./cors.ts";
import type { ApiDeps } from "./deps.ts";
import { measureRequests, type MeasureRequest } from "./metrics.ts";
import { appErrorOf, sendProblem } from "./problem.ts";

export type Steps = {
  /** Comes first: measures the request, and gives its answer what every answer carries. Throws what no route takes. */
  begin: MeasureRequest;
  markOrigin: AllowOrigin;
  /** Below /v1 and /api nobody learns what there is without a key: rejects for those who have none. */
  authenticateApi(request: IncomingMessage): Promise<void>;
  authenticate: Authenticate;
  /** The one place where errors become answers. */
  refuse(thrown: unknown, request: IncomingMessage, response: ServerResponse): Promise<void>;
};

/** Headers of one request; more are refused rather than cut off, since the one that counts might be among them. */
const headersMax = 100;

export function createSteps(
  deps: Pick<ApiDeps, "config" | "log" | "metrics">,
  { authenticate, isClosing, docsUrl }: { authenticate: Authenticate; isClosing: () => boolean; docsUrl: string },
): Steps {
  const measure = deps.metrics && measureRequests(deps.metrics);
  const origins = deps.config.corsOrigins;
  const authenticateApi: Steps["authenticateApi"] = async (request) => {
    if (/^\/(v1|api)(\/|$)/.test(pathOf(request))) await authenticate(request);
  };
  return {
    begin(request, response, path) {
      measure?.(request, response, path);
      beginAnswer(request, response, isClosing());
    },
    markOrigin: origins.length > 0 ? allowOrigins(origins) : () => "go_on",
    authenticateApi,
    authenticate,
    async refuse(thrown, request, response) {
      let error = appErrorOf(thrown);
      if (!(thrown instanceof AppError) && error.status === 400) {
        // A path that cannot be decoded fails before its route could ask who is calling.
        error = await authenticateApi(request).then(() => error, appErrorOf);
      }
      if (error.status >= 500) {
        const requestId = response.getHeader("x-request-id");
        deps.log.error({ err: error, requestId, method: request.method, path: pathOf(request) }, "a request failed");
      }
      sendProblem(request, response, error, docsUrl);
    },
  };
}

/** What every answer carries, and what no request may be without. */
function beginAnswer(request: IncomingMessage, response: ServerResponse, isClosing: boolean): void {
  response.setHeader("x-request-id", newId("req"));
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("cache-control", "no-store");
  if (isClosing) response.setHeader("connection", "close");
  if (request.rawHeaders.length > headersMax * 2) {
    throw new AppError("request.headers_too_large", { detail: `A request has at most ${headersMax} headers.` });
  }
  // RFC 9112, section 3.2. Node's own answer to it would be no problem document.
  if (request.headers.host === undefined && request.httpVersion === "1.1") {
    throw new AppError("request.malformed", { detail: "The Host header is missing." });
  }
}

/** The path of an address, also of one with scheme and host in front (RFC 9112, section 3.2.2). */
function pathOf({ url = "" }: IncomingMessage): string {
  return url.replace(/^[a-z]+:\/\/[^/?]*/i, "").split("?", 1)[0] ?? "";
}
