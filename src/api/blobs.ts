// Where are the bytes that a step received? Handed out as a file, never as a page.
import { AppError } from "../model/errors.ts";
import { blobIdSchema } from "../model/blob.ts";
import { isId } from "../model/ids.ts";
import type { ApiDeps } from "./deps.ts";
import { route, type Route } from "./route.ts";

const binary = "application/octet-stream";

export function blobRoutes({ store }: Pick<ApiDeps, "store">): Route[] {
  return [
    route({
      method: "get",
      path: "/v1/blobs/{id}",
      scope: "runs:read",
      tag: "Runs",
      summary: "The bytes that a step received or sends",
      description: "Steps that read an answer as bytes name them in their output. They are kept for 30 days.",
      params: { id: blobIdSchema },
      responses: {
        200: {
          description: "The bytes, with the content type that the receiver gave them.",
          schema: { type: "string", contentMediaType: binary },
          contentType: binary,
        },
      },
      async handler({ tenantId, params }) {
        const blob = isId("blob", params.id) ? await store.blobs.find(tenantId, params.id) : undefined;
        if (!blob) throw new AppError("resource.not_found", { detail: "There is no such blob, or it has expired." });
        const { ref, data } = blob;
        const headers = {
          // Whatever a receiver has sent must not act in the name of this site: browsers save it, and run nothing of it.
          "content-disposition": `attachment; filename="${ref.id}"`,
          "content-security-policy": "default-src 'none'; sandbox",
        };
        return { status: 200, text: data, contentType: ref.contentType, etag: `"${ref.sha256}"`, headers };
      },
    }),
  ];
}
