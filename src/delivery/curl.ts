// How would a person send the same request? As a curl command that is safe to paste into a shell.

/** A request as it was recorded. Of a header that stands several times, the values are one text. */
export type CurlRequest = { method: string; url: string; headers: { readonly [name: string]: string }; body: string };

export type CurlCommand = { ok: true; command: string } | { ok: false; message: string };

/** Longest body that stands as an argument, in bytes: Linux takes arguments of 128 KB, and other systems less. */
const argumentBytesMax = 64 * 1024;
/** What curl says by itself of a request; each is unset unless the request has it. */
const ownHeaders = ["User-Agent", "Accept", "Content-Type", "Expect"];
/** What belongs to the connection or is counted anew; `Host` is that of the URL. */
const leftOut = new Set(["host", "content-length", "connection", "transfer-encoding", "keep-alive", "expect"]);

/**
 * The command that sends a request to the byte, for POSIX shells. Not for bodies with a NUL, which no argument can hold, nor
 * for a method, URL or header that is none. Whatever the body holds, a shell reads it as data; control characters, which a
 * terminal would act on while they are pasted, are written as escapes.
 */
export function curlOf({ method, url, headers, body }: CurlRequest): CurlCommand {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) return refuse("The method is none.");
  if (/\s/.test(url) || hasControls(url) || !/^https?:\/\//i.test(url))
    return refuse("The URL is none that curl could be given.");
  if (body.includes("\0")) return refuse("The body holds a NUL character, which a command cannot.");
  const named = Object.entries(headers).filter(([name]) => !leftOut.has(name.toLowerCase()));
  if (named.some(([name, value]) => !isHeader(name, value))) return refuse("A header holds what no header can.");
  const given = new Set(named.map(([name]) => name.toLowerCase()));
  const lines = [
    // `--globoff`: brackets and braces in a URL are no patterns.
    `--globoff --request ${quoted(method)} --url ${quoted(url)}`,
    ...named.map(([name, value]) => `--header ${quoted(headerText(name, value))}`),
    ...ownHeaders.filter((name) => !given.has(name.toLowerCase())).map((name) => `--header ${quoted(`${name}:`)}`),
  ];
  return { ok: true, command: withBody(lines, body) };
}

function withBody(lines: string[], body: string): string {
  if (body === "") return `curl ${lines.join(" \\\n  ")}`;
  if (Buffer.byteLength(body) <= argumentBytesMax && !hasControls(body)) {
    // Behind `--data-binary` an `@` at the beginning would name a file to send.
    const option = body.startsWith("@") ? "--data-raw" : "--data-binary";
    return `curl ${[...lines, `${option} ${quoted(body)}`].join(" \\\n  ")}`;
  }
  // `printf` is part of the shell, so that its arguments have no limit; `%b` reads the escapes.
  return `printf %b ${quoted(escaped(body))} | curl ${[...lines, "--data-binary @-"].join(" \\\n  ")}`;
}

/** A header as curl wants it: one without a value ends in a semicolon, since a colon would unset it. */
function headerText(name: string, value: string): string {
  return value === "" ? `${name};` : `${name}: ${value}`;
}

function isHeader(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !value.includes("\n") && !hasControls(value);
}

/** C0, DEL and C1 but for tab and line feed: among them what ends a paste, and what breaks off a line. */
function hasControls(text: string): boolean {
  return controls.test(text);
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** In single quotes a shell reads nothing but the quote that ends them (POSIX, Shell Command Language, 2.2.2). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** As `printf %b` reads it: backslashes doubled, control characters as the octal numbers of their bytes. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll(new RegExp(controls, "g"), (one) =>
      [...Buffer.from(one)].map((byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join(""),
    );
}

function refuse(message: string): CurlCommand {
  return { ok: false, message };
}
