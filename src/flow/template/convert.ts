// Which of what Handlebars parsed is allowed in a template? Everything that is not named here is refused.
import { didYouMean } from "../suggest.ts";
import { isForbiddenKey } from "../scope-path.ts";
import type { FunctionTable } from "./function.ts";
import { functionsByKind } from "./functions/index.ts";
import { templateLimits } from "./scan.ts";
import { TemplateError } from "./template-error.ts";
import { type Block, type Expression, type TemplateNode, blockHelpers, dataNames } from "./tree.ts";

/** The parts of Handlebars' tree that are read here. */
export type ParsedProgram = { body: ParsedStatement[]; blockParams?: string[]; chained?: boolean };
type ParsedStatement = { loc: { start: { line: number; column: number } } } & (
  | { type: "ContentStatement"; value: string }
  | { type: "CommentStatement" }
  | ({ type: "MustacheStatement"; escaped: boolean } & ParsedCall)
  | ({ type: "BlockStatement"; program?: ParsedProgram; inverse?: ParsedProgram } & ParsedCall)
  | { type: "Decorator" | "DecoratorBlock" | "PartialStatement" | "PartialBlockStatement" }
);
type ParsedCall = { path: ParsedExpression; params: ParsedExpression[]; hash?: ParsedHash };
type ParsedHash = { pairs: { key: string; value: ParsedExpression }[] };
type ParsedPath = { type: "PathExpression"; data: boolean; depth: number; parts: string[]; original: string };
type ParsedExpression =
  | ParsedPath
  | ({ type: "SubExpression" } & ParsedCall)
  | { type: "StringLiteral" | "NumberLiteral" | "BooleanLiteral"; value: string | number | boolean }
  | { type: "UndefinedLiteral" | "NullLiteral" };

const pathSegmentsMax = 16;

/** The functions that a template may call: which there are depends on what it is written for. */
export type Language = { functions: FunctionTable };

/** A program's nodes as a tree of ours. Throws TemplateError at the first thing that is not allowed. */
export function convertProgram(program: ParsedProgram | undefined, language: Language, depth = 0): TemplateNode[] {
  return (program?.body ?? []).flatMap((statement) => {
    try {
      return convertStatement(statement, language, depth);
    } catch (error) {
      const { line, column } = statement.loc.start;
      // Handlebars counts columns from 0. The innermost statement is the first to say where it stands.
      if (error instanceof TemplateError) error.at ??= { line, column: column + 1 };
      throw error;
    }
  });
}

function convertStatement(statement: ParsedStatement, language: Language, depth: number): TemplateNode[] {
  switch (statement.type) {
    case "ContentStatement":
      return statement.value === "" ? [] : [{ type: "text", text: statement.value }];
    case "CommentStatement":
      return [];
    case "MustacheStatement":
      return [{ type: "output", expression: convertMustache(statement, language), escaped: statement.escaped }];
    case "BlockStatement":
      return [convertBlock(statement, language, depth + 1)];
    default:
      throw new TemplateError("Partials and decorators are not part of templates.", "Write the text out.");
  }
}

type ParsedBlock = ParsedCall & { program?: ParsedProgram; inverse?: ParsedProgram };

function convertBlock(block: ParsedBlock, language: Language, depth: number): Block {
  if (depth > templateLimits.blocks) {
    const message = `Blocks nest at most ${templateLimits.blocks} deep.`;
    throw new TemplateError(message, "Compute a part in a `set` step before.");
  }
  const helper = blockHelpers.find((name) => name === nameOf(block.path));
  if (helper === undefined) {
    const name = block.path.type === "PathExpression" ? block.path.original : "this";
    throw new TemplateError(
      `There is no block {{#${name}}}.`,
      `Blocks are ${blockHelpers.join(", ")}: {{#each ${name}}}.`,
    );
  }
  const [argument, ...more] = block.params;
  if (argument === undefined || more.length > 0) {
    throw new TemplateError(`{{#${helper}}} takes one argument.`, `Put calls in brackets: {{#${helper} (eq a b)}}.`);
  }
  return {
    type: "block",
    helper,
    argument: convertExpression(argument, language, 0),
    includeZero: convertIncludeZero(helper, block.hash, language),
    names: block.program?.blockParams ?? block.inverse?.blockParams ?? [],
    body: convertProgram(block.program, language, depth),
    // An `else if` is a block inside the else, but the author did not nest anything.
    otherwise: convertProgram(block.inverse, language, block.inverse?.chained === true ? depth - 1 : depth),
  };
}

function convertIncludeZero(helper: string, hash: ParsedHash | undefined, language: Language): Expression | undefined {
  const [pair, ...more] = hash?.pairs ?? [];
  if (pair === undefined) return undefined;
  if (pair.key === "includeZero" && more.length === 0 && (helper === "if" || helper === "unless")) {
    return convertExpression(pair.value, language, 0);
  }
  throw new TemplateError(`{{#${helper}}} does not know the option "${pair.key}".`, "Leave it out.");
}

function convertMustache(mustache: ParsedCall, language: Language): Expression {
  const { path, params, hash } = mustache;
  const isCall = params.length > 0 || (hash?.pairs.length ?? 0) > 0;
  const name = nameOf(path);
  if (isCall || (name !== undefined && namesOf(language).includes(name))) return convertCall(mustache, language, 0);
  if (path.type === "PathExpression") return convertPath(path);
  if (path.type === "SubExpression") return convertCall(path, language, 1);
  // Handlebars reads `{{"order id"}}` and `{{1}}` as members of the context.
  const key = "value" in path ? String(path.value) : path.type === "NullLiteral" ? "null" : "undefined";
  return { type: "path", up: 0, parts: checkedParts([key]), scoped: false };
}

function convertCall(call: ParsedCall, language: Language, depth: number): Expression {
  if (depth > templateLimits.calls) {
    const message = `Calls nest at most ${templateLimits.calls} deep.`;
    throw new TemplateError(message, "Compute a part in a `set` step before.");
  }
  const name = nameOf(call.path);
  const known = name === undefined ? undefined : language.functions.get(name);
  if (name === undefined || known === undefined) throw unknownFunction(name, call, language);
  const [least, most] = known.operands;
  if (call.params.length < least || call.params.length > most) {
    const count = least === most ? String(least) : `${least} to ${most}`;
    const hint =
      call.params.length === 0 ? `For the member of that name write {{this.${name}}}.` : "Check the arguments.";
    throw new TemplateError(`\`${name}\` takes ${count} arguments, not ${call.params.length}.`, hint);
  }
  const options = (call.hash?.pairs ?? []).map(({ key, value }) => {
    if (known.options?.includes(key) !== true) {
      throw new TemplateError(`\`${name}\` does not know the option "${key.slice(0, 64)}".`, "Give it as an argument.");
    }
    return { name: key, value: convertExpression(value, language, depth) };
  });
  const operands = call.params.map((operand) => convertExpression(operand, language, depth));
  return { type: "call", name, operands, options };
}

function convertExpression(expression: ParsedExpression, language: Language, depth: number): Expression {
  switch (expression.type) {
    case "PathExpression":
      return convertPath(expression);
    case "SubExpression":
      return convertCall(expression, language, depth + 1);
    case "StringLiteral":
    case "NumberLiteral":
    case "BooleanLiteral":
      return { type: "literal", value: expression.value };
    case "NullLiteral":
      return { type: "literal", value: null };
    case "UndefinedLiteral":
      return { type: "literal", value: undefined };
  }
}

function convertPath(path: ParsedPath): Expression {
  const parts = checkedParts(path.parts);
  const scoped = /^\.|^this\b/.test(path.original);
  if (!path.data) return { type: "path", up: path.depth, parts, scoped };
  const name = dataNames.find((known) => known === parts[0]);
  if (name === undefined) {
    const known = dataNames.map((one) => `@${one}`).join(", ");
    throw new TemplateError(`There is no ${path.original.slice(0, 64)}.`, `Known are ${known}.`);
  }
  return { type: "data", name, up: path.depth, parts: parts.slice(1) };
}

function checkedParts(parts: string[]): string[] {
  if (parts.length > pathSegmentsMax) {
    throw new TemplateError(`A path has at most ${pathSegmentsMax} segments.`, "Use {{#with}} to go down first.");
  }
  const forbidden = parts.find(isForbiddenKey);
  if (forbidden === undefined) return [...parts];
  throw new TemplateError(`A path cannot lead through "${forbidden}".`, "Name a member of the data.");
}

/** The name of a simple path, which may be a function's: one segment, not `this.name` or `../name`. */
function nameOf(path: ParsedExpression): string | undefined {
  if (path.type !== "PathExpression" || path.data || path.depth > 0 || path.parts.length !== 1) return undefined;
  return /^\.|^this\b/.test(path.original) ? undefined : path.parts[0];
}

function namesOf({ functions }: Language): string[] {
  return [...functions.keys(), ...blockHelpers];
}

function unknownFunction(name: string | undefined, call: ParsedCall, language: Language): TemplateError {
  const shown = (name ?? (call.path.type === "PathExpression" ? call.path.original : "?")).slice(0, 64);
  if (name !== undefined && blockHelpers.some((block) => block === name)) {
    return new TemplateError(`\`${shown}\` is a block.`, `Write {{#${shown} …}}…{{/${shown}}}.`);
  }
  const elsewhere = Object.entries(functionsByKind).filter(([, table]) => name !== undefined && table.has(name));
  if (elsewhere.length > 0) {
    const kinds = elsewhere.map(([kind]) => `\`${kind}\``).join(", ");
    const message = `The function \`${shown}\` is only for message templates of kind ${kinds}.`;
    return new TemplateError(
      message,
      `Write the text as a message template of kind ${kinds}, or leave the function out.`,
    );
  }
  const meant = name === undefined ? undefined : didYouMean(name, namesOf(language));
  const known = `Functions are ${[...language.functions.keys()].join(", ")}.`;
  return new TemplateError(
    `There is no function \`${shown}\`.`,
    meant === undefined ? known : `Did you mean \`${meant}\`?`,
  );
}
