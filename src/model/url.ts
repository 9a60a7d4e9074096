// Reading URLs without an exception.

/**
 * The URL that a text stands for, against `base` when it is relative; undefined when it is none.
 *
 * Not by `URL.canParse`: once it has been called some thousand times, Node 20's fast path takes a Latin-1 string's bytes for
 * UTF-8, and says that `https://bücher.example` is no URL.
 */
export function readUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
