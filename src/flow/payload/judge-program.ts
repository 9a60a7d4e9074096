// What runs in the thread that judges payloads: compiling a schema, checking a value, making an example.

/**
 * The thread's program, in JavaScript: a thread is started from text, since the sources run as they stand in
 * development, and compiled in `dist`. It gets the absolute paths of what it loads, and nothing else of the house.
 * Each task is `{ kind, schema, value? }`, schema and value as JSON text; each answer one of `Judged` in judge.ts. `text` is
 * `value` with a schema that will be asked again: what was compiled of the last hundred of those is kept.
 */
export const judgeProgram = `
"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { Ajv2020 } = require(workerData.ajv);
const formats = require(workerData.formats).default;
const { RE2JS } = require(workerData.re2);
const sampler = require(workerData.sampler);
for (const name of ["log", "info", "warn", "error"]) console[name] = () => {};

// A pattern of RE2 takes time that grows with the text alone.
function regex(pattern) {
  const compiled = RE2JS.compile(pattern);
  // ajv tells patterns apart by their text.
  return { test: (text) => compiled.test(text), toString: () => pattern };
}
regex.code = "regex";

function compile(schema) {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    strictTuples: false,
    allErrors: false,
    ownProperties: true,
    logger: false,
    code: { regExp: regex },
  });
  ajv.addVocabulary(["example"]);
  formats(ajv);
  return ajv.compile(schema);
}

function check(validate, value) {
  // Only true: a promise is truthy, and would let everything pass.
  if (validate(value) === true) return undefined;
  const [{ instancePath, keyword, params, message }] = validate.errors;
  return { instancePath, keyword, params, message };
}

// With everything first; then with what has to be there alone, since less of it can go wrong.
const ways = [
  { enablePatterns: true },
  { enablePatterns: true, skipNonRequired: true },
  { skipNonRequired: true },
];

function sample(validate, schema) {
  let error = { instancePath: "", keyword: "", params: {}, message: "no example can be made of it" };
  for (const way of ways) {
    let value;
    try {
      value = sampler.sample(schema, { quiet: true, ...way }, schema);
    } catch {
      continue;
    }
    const wrong = check(validate, value);
    if (wrong === undefined) return { outcome: "sampled", value: JSON.stringify(value) };
    error = wrong;
  }
  return { outcome: "refused", error };
}

const kept = new Map();

function compiled(text) {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const validate = compile(JSON.parse(text));
  if (kept.size >= 100) kept.delete(kept.keys().next().value);
  kept.set(text, validate);
  return validate;
}

function work({ kind, schema: text, value }) {
  const schema = kind === "text" ? undefined : JSON.parse(text);
  let validate;
  try {
    validate = kind === "text" ? compiled(text) : compile(schema);
  } catch (error) {
    return { outcome: "no_schema", message: error instanceof Error ? error.message : String(error) };
  }
  if (kind === "compile") return { outcome: "passed" };
  if (kind === "sample") return sample(validate, schema);
  const error = check(validate, JSON.parse(value));
  return error === undefined ? { outcome: "passed" } : { outcome: "refused", error };
}

parentPort.on("message", (task) => {
  let answer;
  try {
    answer = work(task);
  } catch (error) {
    // A schema can also take more of the stack than there is.
    answer = { outcome: "no_schema", message: error instanceof Error ? error.message : String(error) };
  }
  parentPort.postMessage(answer);
});
parentPort.postMessage("ready");
`;
