// What is a template, once it is read?

/** A template that passed every check: only what the renderer knows can stand in it. */
export type Template = { source: string; nodes: TemplateNode[] };

export type TemplateNode =
  { type: "text"; text: string } | { type: "output"; expression: Expression; escaped: boolean } | Block;

export type Block = {
  type: "block";
  helper: BlockHelper;
  argument: Expression;
  /** `{{#if count includeZero=true}}` */
  includeZero: Expression | undefined;
  /** `{{#each list as |value key|}}` */
  names: string[];
  body: TemplateNode[];
  otherwise: TemplateNode[];
};

export const blockHelpers = ["if", "unless", "each", "with"] as const;
export type BlockHelper = (typeof blockHelpers)[number];

export const dataNames = ["root", "index", "key", "first", "last"] as const;
export type DataName = (typeof dataNames)[number];

export type Expression =
  | { type: "literal"; value: string | number | boolean | null | undefined }
  /** A path from the context `up` levels above the current one, or from a block's named value. */
  | { type: "path"; up: number; parts: string[]; scoped: boolean }
  /** `@index`, `@../key`, `@root.event`: `up` counts loops. */
  | { type: "data"; name: DataName; up: number; parts: string[] }
  | { type: "call"; name: string; operands: Expression[]; options: { name: string; value: Expression }[] };
