// How does a JSON body look as a form? `a=1&b[c]=2&d[0]=3`, numbers in the spelling in which they were published.

/**
 * A JSON object's text as `application/x-www-form-urlencoded` (WHATWG URL §5.2): members of members in brackets, items by
 * their number, `null` as nothing, an empty object or list as nothing under its own name.
 */
export function formOf(jsonText: string): string {
  const pairs: string[] = [];
  const add = (path: string, value: string): number => pairs.push(`${encode(path)}=${encode(value)}`);
  const reader = createReader(jsonText);
  const walk = (path: string): void => {
    const token = reader.next();
    if (token === "{" || token === "[") {
      if (reader.skip(token === "{" ? "}" : "]")) {
        if (path !== "") add(path, "");
        return;
      }
      let index = 0;
      do {
        const name = token === "{" ? parseText(reader.next()) : String(index++);
        if (token === "{") reader.next();
        walk(path === "" ? name : `${path}[${name}]`);
      } while (reader.next() === ",");
    } else {
      add(path, token === "null" ? "" : token.startsWith('"') ? parseText(token) : token);
    }
  };
  walk("");
  return pairs.join("&");
}

type Reader = {
  next: () => string;
  /** Passes over the token if it comes next. */
  skip: (token: string) => boolean;
};

/** The tokens of a text that is JSON for certain: texts are in quotes still, numbers as they are written. */
function createReader(text: string): Reader {
  const pattern = /[ \t\r\n]*([{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+)/y;
  const next = (): string => pattern.exec(text)?.[1] ?? "";
  return {
    next,
    skip(token) {
      const at = pattern.lastIndex;
      if (next() === token) return true;
      pattern.lastIndex = at;
      return false;
    },
  };
}

function parseText(token: string): string {
  return String(JSON.parse(token));
}

function encode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
