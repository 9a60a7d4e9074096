// How do requests find their routes? Through Express, path by path; what has no route is refused here.
import express, { type Express, type Request, type Response } from "express";
import { AppError } from "../model/errors.ts";
import { guardCodec, type CodecEndpoint } from "./codec.ts";
import type { Route } from "./route.ts";
import type { ServeRoute } from "./serve.ts";
import type { Steps } from "./steps.ts";

/** The application of all routes. Of two that one path fits, the first one is taken. */
export function createExpressWay(
  routes: readonly Route[],
  steps: Steps,
  serve: (route: Route) => ServeRoute,
  codec?: CodecEndpoint,
): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // A list of texts at most: brackets in a name stay part of the name.
  app.set("query parser", "simple");
  app.enable("case sensitive routing");
  app.use((request, response, next) => {
    steps.begin(request, response);
    next();
  });
  if (codec) app.use(...guardCodec(codec));
  app.use((request, response, next) => {
    if (steps.markOrigin(request, response) === "go_on") next();
  });
  mount(app, routes, steps, serve);
  app.use(async (request) => {
    await steps.authenticateApi(request);
    throw new AppError("route.unknown", { detail: "There is nothing at this address: /docs lists what there is." });
  });
  // Express knows a handler of errors by its four parameters.
  app.use((thrown: unknown, request: Request, response: Response, _next: unknown) =>
    steps.refuse(thrown, request, response),
  );
  return app;
}

/** Each path once, with its methods, and 405 for all others. */
function mount(
  app: Express,
  routes: readonly Route[],
  { authenticate }: Steps,
  serve: (route: Route) => ServeRoute,
): void {
  for (const path of new Set(routes.map((one) => one.path))) {
    const ofPath = routes.filter((one) => one.path === path);
    const expressPath = path.replaceAll(/\{(\w+)\}/g, ":$1");
    for (const one of ofPath) app[one.method](expressPath, serve(one));
    const allow = ofPath
      .flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]))
      .join(", ");
    const isPublic = ofPath.every((one) => one.scope === "public");
    app.all(expressPath, async (request, response) => {
      if (!isPublic) await authenticate(request);
      response.setHeader("allow", allow);
      throw new AppError("route.method", { detail: `${request.method} is not possible here: ${allow} is.` });
    });
  }
}
