// How are the bytes of a request's body read? By its content type, up to a limit, and as they were sent.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../model/errors.ts";

export type MediaType = { type: string; charset: string | undefined };

/** The media type of a request (RFC 9110, section 8.3.1), in lower case; undefined when there is none. */
export function mediaTypeOf(headers: IncomingHttpHeaders): MediaType | undefined {
  const [type = "", ...parameters] = (headers["content-type"] ?? "").split(";");
  const name = type.trim().toLowerCase();
  if (name === "") return undefined;
  const charset = parameters.map((one) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(one)?.[1]).find(Boolean);
  return { type: name, charset: charset?.toLowerCase() };
}

/** Whether a request says that it has a body. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  return headers["content-length"] !== undefined && headers["content-length"] !== "0";
}

/** Refuses what cannot be read as UTF-8 bytes of one of the known media types; answers how many bytes it may have. */
export function checkContentType(
  headers: IncomingHttpHeaders,
  contentTypes: { readonly [mediaType: string]: number },
  anyTypeBytesMax?: number,
): number {
  const media = mediaTypeOf(headers);
  const known = Object.keys(contentTypes).join(", ");
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== "" && encoding !== "identity") {
    throw new AppError("request.content_type", {
      detail: `The content encoding "${encoding}" is not taken: send the body as it is.`,
    });
  }
  if (media?.charset !== undefined && media.charset !== "utf-8" && media.charset !== "utf8") {
    throw new AppError("request.content_type", {
      detail: `The charset "${media.charset}" is not taken: JSON is UTF-8.`,
    });
  }
  if (anyTypeBytesMax !== undefined) return anyTypeBytesMax;
  if (media === undefined)
    throw new AppError("request.content_type", { detail: `Say with Content-Type what the body is: ${known}.` });
  const bytesMax = Object.hasOwn(contentTypes, media.type) ? contentTypes[media.type] : undefined;
  if (bytesMax === undefined) {
    throw new AppError("request.content_type", {
      detail: `The content type "${media.type}" is not taken here: send ${known}.`,
    });
  }
  return bytesMax;
}

/** The whole body. Throws AppError `request.too_large` above `bytesMax`, without reading on. */
export function readBody(request: IncomingMessage, response: ServerResponse, bytesMax: number): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > bytesMax) return Promise.reject(tooLarge(bytesMax));
  // A sender that asks first has waited until here: whoever is refused before never sends the body.
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = () => {
      request.removeListener("data", onData);
      request.removeListener("end", onEnd);
      request.removeListener("error", onError);
      request.removeListener("close", onClose);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      stop();
      reject(tooLarge(bytesMax));
    };
    const onEnd = () => {
      stop();
      const [only] = chunks;
      resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks, bytes));
    };
    const onError = (cause: Error) => {
      stop();
      reject(new AppError("request.malformed", { detail: "The body broke off.", cause }));
    };
    const onClose = () => onError(new Error("The connection was closed."));
    request.on("data", onData);
    request.on("end", onEnd);
    request.on("error", onError);
    request.on("close", onClose);
  });
}

function tooLarge(bytesMax: number): AppError {
  return new AppError("request.too_large", {
    detail: `The body is larger than ${bytesMax} bytes, the most that is taken here.`,
  });
}
