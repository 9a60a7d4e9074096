// How is a place in a JSON document written? RFC 6901.

/** A pointer one level further down. */
export function below(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
