// What does a caller of the client catch? One class, made from the API's problem document where there is one.
import type { Finding } from "./operations.ts";

type Details = {
  code: string;
  status: number;
  detail: string;
  errors?: Finding[] | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
};

/** A request that was refused or failed, after all repetitions. */
export class MillraceError extends Error {
  /**
   * The code of the API's catalogue, such as `flow.invalid`; `network.failed` when no answer came, `answer.unreadable`
   * when what answered was not Millrace.
   */
  readonly code: string;
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** What is wrong and what to change, for people. */
  readonly detail: string;
  /** Everything that is wrong with the request's body or query, each with a JSON pointer. */
  readonly errors: readonly Finding[];
  /** Stands in the server's log. */
  readonly requestId: string | undefined;
  /** When to come back, in milliseconds, where the answer said so. */
  readonly retryAfterMs: number | undefined;

  constructor({ code, status, detail, errors, requestId, retryAfterMs, cause }: Details) {
    super(`${code}: ${detail}`, { cause });
    this.name = "MillraceError";
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.errors = errors ?? [];
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The error of an answer that is no success; `text` is its body. */
export function errorOf(response: Response, text: string): MillraceError {
  const { status, headers } = response;
  const problem = problemIn(text);
  const retryAfterMs = retryAfterOf(headers);
  if (problem) return new MillraceError({ ...problem, status, retryAfterMs });
  const detail = `The answer ${status} is no problem document: something between here and Millrace gave it.`;
  const requestId = headers.get("x-request-id") ?? undefined;
  return new MillraceError({ code: "answer.unreadable", status, detail, requestId, retryAfterMs });
}

/** The error of a success whose body is not what Millrace answers. */
export function unreadable(status: number, cause?: unknown): MillraceError {
  const detail = `The answer ${status} is none of Millrace's: something between here and there gave it.`;
  return new MillraceError({ code: "answer.unreadable", status, detail, cause });
}

/** The delay of a Retry-After header in milliseconds (RFC 9110, section 10.2.3): seconds, or a date. */
function retryAfterOf(headers: Headers): number | undefined {
  const header = headers.get("retry-after");
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function problemIn(text: string): Pick<Details, "code" | "detail" | "errors" | "requestId"> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("code" in parsed) || !("detail" in parsed)) return undefined;
    const { code, detail } = parsed;
    if (typeof code !== "string" || typeof detail !== "string") return undefined;
    return {
      code,
      detail,
      // A problem document of the API has these members in this form, or not at all.
      errors: "errors" in parsed ? (parsed.errors as Finding[]) : undefined,
      requestId: "requestId" in parsed ? String(parsed.requestId) : undefined,
    };
  } catch {
    return undefined;
  }
}
