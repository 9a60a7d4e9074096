// Which template functions work on lists?
import { Halt, unitsOfItems, unitsOfText } from "../../logic/meter.ts";
import { isForbiddenKey, readPath } from "../../scope-path.ts";
import { type Call, type FunctionTable, countOperand, listOperand, wrongType } from "../function.ts";

export const listFunctions: FunctionTable = new Map([
  ["first", { operands: [1, 2], run: ([list, count], call) => first(list, count, call) }],
  ["last", { operands: [1, 2], run: ([list, count], call) => last(list, count, call) }],
  ["length", { operands: [1, 1], run: ([value]) => lengthOf(value) }],
  ["sort", { operands: [1, 2], options: ["order"], run: ([list, key], call) => sort(list, key, call) }],
  ["pluck", { operands: [2, 2], run: ([list, key], call) => pluck(list, key, call) }],
]);

/** The first item, or a list of the first `count`. */
function first(value: unknown, count: unknown, call: Call): unknown {
  const list = listOperand(value);
  if (count === undefined) return list[0];
  return charged(list.slice(0, countOperand(count)), call);
}

/** The last item, or a list of the last `count`. */
function last(value: unknown, count: unknown, call: Call): unknown {
  const list = listOperand(value);
  if (count === undefined) return list.at(-1);
  return charged(list.slice(Math.max(0, list.length - countOperand(count))), call);
}

/** Items of a list, characters (code units) of a text, members of an object; 0 for nothing. */
function lengthOf(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  if (typeof value === "object") return Object.keys(value).length;
  throw wrongType("a list, a text or an object", value);
}

type Sortable = { item: unknown; by: unknown };

/** A sorted copy: numbers by size, texts by code units; by a member where a key is given. Equal items keep their order. */
function sort(value: unknown, key: unknown, call: Call): unknown[] {
  const order = call.option("order") ?? "asc";
  if (order !== "asc" && order !== "desc") throw new Halt("invalid", 'knows the orders "asc" and "desc" only');
  const list = listOperand(value);
  // A sort looks at each item about log2(n) times.
  call.meter.charge(list.length * Math.max(1, Math.ceil(Math.log2(list.length + 1) / 4)));
  const sortables = list.map((item): Sortable => ({ item, by: key === undefined ? item : member(item, key, call) }));
  const type = typeof sortables[0]?.by;
  for (const { by } of sortables) {
    if (typeof by !== "number" && typeof by !== "string") throw wrongType("numbers or texts to sort by", by);
    if (typeof by !== type) throw new Halt("invalid", "needs numbers only or texts only to sort by");
    if (typeof by === "string") call.meter.charge(unitsOfText(by.length));
  }
  const sign = order === "asc" ? 1 : -1;
  return sortables.sort((a, b) => sign * compare(a.by, b.by)).map(({ item }) => item);
}

function compare(a: unknown, b: unknown): number {
  // Safe: all keys are numbers or all are texts by now, and `<` is defined for both.
  const [left, right] = [a as number, b as number];
  return left < right ? -1 : left > right ? 1 : 0;
}

function pluck(value: unknown, key: unknown, call: Call): unknown[] {
  const list = listOperand(value);
  call.meter.charge(unitsOfItems(list.length));
  return list.map((item) => member(item, key, call) ?? null);
}

function member(item: unknown, key: unknown, call: Call): unknown {
  if (typeof key !== "string" || key === "") throw wrongType("the name of a member", key);
  const path = key.split(".", 17);
  if (path.length > 16 || path.some(isForbiddenKey)) throw new Halt("invalid", "cannot read that member");
  call.meter.charge(1);
  return readPath(item, path);
}

function charged(list: readonly unknown[], call: Call): readonly unknown[] {
  call.meter.charge(unitsOfItems(list.length));
  return list;
}
