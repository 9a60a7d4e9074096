// How does a person browse the API? Swagger UI from our own disk, and a page that explains the error codes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import swaggerUiFolder from "swagger-ui-dist/absolute-path.js";
import { AppError, catalogue } from "../model/errors.ts";
import { route, type Answer, type Route } from "./route.ts";

/** Only our own files; nothing inline, nothing framed. Swagger UI draws its arrows from `data:` images. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Millrace API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;
const startScript = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
`;

const typeByFile: { readonly [file: string]: string } = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

/** Public, and no part of the API that they show. `openApi` answers the document as text. */
export function docsRoutes(openApi: () => string): Route[] {
  const contents = new Map<string, Buffer>();
  // Read at the first look and kept: the files do not change while we run.
  const contentOf = (file: string): Buffer => {
    const known = contents.get(file) ?? readFileSync(join(swaggerUiFolder(), file));
    contents.set(file, known);
    return known;
  };
  const shared = {
    method: "get",
    scope: "public",
    tag: "Docs",
    responses: { 200: { description: "The file." } },
  } as const;
  return [
    route({
      ...shared,
      path: "/openapi.json",
      summary: "This document",
      handler: () => ({ status: 200, text: openApi(), contentType: "application/json" }),
    }),
    route({ ...shared, path: "/docs", summary: "The API to browse", handler: () => html(page) }),
    route({ ...shared, path: "/docs/errors", summary: "The error codes", handler: () => html(errorsPage()) }),
    route({
      ...shared,
      path: "/docs/{file}",
      summary: "A file of the browsable API",
      handler({ params }) {
        if (params.file === "start.js") return asset(startScript, "text/javascript; charset=utf-8");
        const type = Object.hasOwn(typeByFile, params.file) ? typeByFile[params.file] : undefined;
        if (type === undefined) throw new AppError("resource.not_found", { detail: "There is no such file." });
        return asset(contentOf(params.file), type);
      },
    }),
  ];
}

function html(text: string): Answer {
  return asset(text, "text/html; charset=utf-8");
}

function asset(text: string | Buffer, contentType: string): Answer {
  const headers = {
    "content-security-policy": contentSecurityPolicy,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
  };
  return { status: 200, text, contentType, headers };
}

/** Where the `type` of a problem points: each code with its status and title. `docs/errors.md` says more. */
function errorsPage(): string {
  const entries = Object.entries(catalogue).map(
    ([code, { status, title }]) => `<h2 id="${code}">${code}</h2>\n<p>${status}: ${title}.</p>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Millrace: error codes</title>
<h1>Error codes</h1>
<p>The documentation says more: docs/errors.md.</p>
${entries.join("\n")}
</html>
`;
}
