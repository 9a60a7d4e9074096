// How does text go where only some characters may stand?

/** Percent-encodes what `unsafe` matches as UTF-8 (RFC 3986 §2.1). */
export function percentEncoded(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (characters) =>
    Array.from(Buffer.from(characters), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
