// Which operators deal with moments in time?
import { instantOf } from "../instant.ts";
import { Halt } from "../meter.ts";
import type { OperatorTable } from "../operator.ts";

/** A value that names no moment is neither before nor after another. */
export const timeOperators: OperatorTable = new Map<
  string,
  (operands: readonly unknown[], e: { nowMs: number | undefined }) => unknown
>([
  ["before", ([a, b]) => compare(a, b, (first, second) => first < second)],
  ["after", ([a, b]) => compare(a, b, (first, second) => first > second)],
  [
    "now",
    (_operands, { nowMs }) => {
      if (nowMs === undefined) throw new Halt("invalid", "There is no clock here: the rule cannot use `now`.");
      return new Date(nowMs).toISOString();
    },
  ],
]);

function compare(a: unknown, b: unknown, test: (first: number, second: number) => boolean): boolean {
  const [first, second] = [instantOf(a), instantOf(b)];
  return first !== undefined && second !== undefined && test(first, second);
}
