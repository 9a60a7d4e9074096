// Which requests are answered without Express? Those of the busiest routes. Express gives each request and each answer another
// prototype, after which everything that Node itself does with them is slow: with its walk through the routes that was a third of
// the processor time of a delivery (docs/benchmarks.md).
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "./route.ts";
import type { ServeRoute } from "./serve.ts";
import type { Steps } from "./steps.ts";

/**
 * Takes the requests of the routes that are marked `direct`, in the same steps as Express would. Answers false for all others,
 * which are left as they are: another method, a query, or an address that only means the same one. Throws for a route whose
 * path has parameters.
 */
export function createDirectWay(
  routes: readonly Route[],
  { begin, markOrigin, refuse }: Pick<Steps, "begin" | "markOrigin" | "refuse">,
  serve: (route: Route) => ServeRoute,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const serves = new Map<string, Map<string, ServeRoute>>();
  for (const one of routes) {
    if (!one.direct) continue;
    if (one.path.includes("{")) throw new Error(`${one.path} has parameters, which only Express reads.`);
    const ofPath = serves.get(one.path) ?? new Map<string, ServeRoute>();
    serves.set(one.path, ofPath.set(one.method.toUpperCase(), serve(one)));
  }
  const answer = async (request: IncomingMessage, response: ServerResponse, path: string, served: ServeRoute) => {
    try {
      begin(request, response, path);
      if (markOrigin(request, response) === "go_on") await served(request, response);
    } catch (thrown) {
      await refuse(thrown, request, response);
    }
  };
  return (request, response) => {
    const { url = "", method = "" } = request;
    const served = serves.get(url)?.get(method);
    if (served === undefined) return false;
    // An answer that cannot even be refused is broken off, so that nobody waits for it.
    answer(request, response, url, served).catch(() => response.destroy());
    return true;
  };
}
