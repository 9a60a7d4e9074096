// Why does a parsed template hold something that templates may not hold?

/** A place in a template's text, both counted from 1. */
export type Position = { line: number; column: number };

/** The place of a character of a text. */
export function positionOf(text: string, index: number): Position {
  const before = text.slice(0, index).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

/** Ends the copying of a parsed template; caught in `parseTemplate`, so no caller ever sees it thrown. */
export class TemplateError extends Error {
  readonly suggestion: string;
  /** Where the statement begins that holds it; set by the innermost one. */
  at: Position | undefined;

  constructor(message: string, suggestion: string) {
    super(message);
    this.name = "TemplateError";
    this.suggestion = suggestion;
  }
}
