// How does a route say how many requests are left? Headers on each of its answers and refusals, and 429 above the limit.
import { AppError } from "../../model/errors.ts";
import type { Answer, ApiRequest, Route } from "../route.ts";
import { rateHeaders, type RateState, type RateWindows } from "./rate-window.ts";
import { endpointIdOf } from "./webhook-id.ts";

/**
 * The route under a limit: each webhook has a window of its own, and what is no webhook's counts for the API key. Making a
 * webhook is the first request of its window, and is never refused for the limit.
 */
export function limited(route: Route, windows: RateWindows): Route {
  const creates = route.method === "post" && !route.path.includes("{");
  return {
    ...route,
    async handler(request) {
      const { params, tenantId, keyId } = request;
      const id = (params as { id?: string }).id; // Of routes below a webhook only.
      if (creates) return answerWith(await route.handler(request), (answer) => windows.take(madeIn(answer, request)));
      const state = windows.take(id === undefined ? `key/${keyId}` : `${tenantId}/${endpointIdOf(id)}`);
      if (state.isOver) throw overLimit(state);
      try {
        return answerWith(await route.handler(request), () => state);
      } catch (error) {
        throw error instanceof AppError ? withHeaders(error, rateHeaders(state)) : error;
      }
    },
  };
}

/** The window of the webhook that was just made. */
function madeIn({ body }: Answer, { tenantId, keyId }: ApiRequest): string {
  const id = typeof body === "object" && body !== null && "id" in body ? body.id : undefined;
  return typeof id === "string" ? `${tenantId}/${endpointIdOf(id)}` : `key/${keyId}`;
}

function answerWith(answer: Answer, stateOf: (answer: Answer) => RateState): Answer {
  return { ...answer, headers: { ...rateHeaders(stateOf(answer)), ...answer.headers } };
}

function overLimit(state: RateState): AppError {
  const detail = `More than ${state.limit} requests within a minute were made of this webhook's API. Send the request again after Retry-After.`;
  return new AppError("rate.limited", {
    detail,
    retryAfterMs: Math.max(1, state.resetAtMs - Date.now()),
    headers: rateHeaders(state),
  });
}

function withHeaders(error: AppError, headers: { [name: string]: string }): AppError {
  const { code, message, errors, retryAfterMs, cause } = error;
  return new AppError(code, {
    detail: message,
    ...(errors === undefined ? {} : { errors }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    headers: { ...error.headers, ...headers },
    cause,
  });
}
