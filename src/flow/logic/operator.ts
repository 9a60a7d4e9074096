// What does an operator of the rule language look like to the evaluator?
import type { Meter } from "./meter.ts";

/** What an operator may use: the bill, the evaluator itself, the clock and the regular expressions of the caller. */
export type Evaluation = {
  meter: Meter;
  apply(rule: unknown, data: unknown): unknown;
  nowMs: number | undefined;
  matches: ((pattern: string, text: string) => boolean) | undefined;
};

/** Gets its operands' values. */
export type Operator = (operands: readonly unknown[], evaluation: Evaluation, data: unknown) => unknown;

/** Gets its operands as they are written, and evaluates those that it needs. */
export type LazyOperator = (rules: readonly unknown[], evaluation: Evaluation, data: unknown) => unknown;

export type OperatorTable = ReadonlyMap<string, Operator>;
export type LazyOperatorTable = ReadonlyMap<string, LazyOperator>;
