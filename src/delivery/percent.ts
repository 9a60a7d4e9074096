// How does text go where only some characters may stand?

/** Percent-encodes what `unsafe` matches as UTF-8 (RFC 3986 §2.1). */
export function percentEncoded(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (characters) =>
    Array.from(Buffer.from(characters), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

/** Where a text goes: into a header, into one that is a CloudEvent's attribute, or before a signature in its header. */
export type Spelling = "header" | "attribute" | "lead";

/** What of a text cannot stand there, or would not be read back as it was. */
const unsafe: { readonly [spelling in Spelling]: RegExp } = {
  // Spaces at the ends of a value are no part of it (RFC 9110 §5.5).
  header: /[^\x20-\x7e]+|^ +| +$/g,
  // HTTP binding of CloudEvents 1.0.2 §3.1.3.2: also spaces, quotes and percent signs are encoded.
  attribute: /[^\x21\x23\x24\x26-\x7e]+/g,
  // What parts it from the signatures.
  lead: /[^\x21-\x2b\x2d-\x3a\x3c-\x7e]+/g,
};

/** A text that users gave, as it is written there. */
export function spelled(text: string, spelling: Spelling): string {
  return percentEncoded(text, unsafe[spelling]);
}
