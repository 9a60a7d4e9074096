// Why does a parsed template hold something that templates may not hold?

/** Ends the copying of a parsed template; caught in `parseTemplate`, so no caller ever sees it thrown. */
export class TemplateError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(message);
    this.name = "TemplateError";
    this.suggestion = suggestion;
  }
}
