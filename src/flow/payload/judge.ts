// Is a payload what its schema says, and what would be one? Judged in a thread of its own, with bounds of time and memory.
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Json, JsonSchema } from "../../model/json.ts";
import { childPointer, type Finding } from "../../model/problem.ts";
import { checkPayloadSchema } from "./guard.ts";
import { judgeProgram } from "./judge-program.ts";

export type PayloadJudge = {
  /** What is wrong with a payload schema; nothing when payloads can be judged by it. Pointers lead into the schema. */
  checkSchema(schema: unknown): Promise<Finding[]>;
  /** What is wrong with a value: the first thing that is. The schema has to be one that `checkSchema` let through. */
  checkValue(schema: JsonSchema, value: unknown): Promise<Finding[]>;
  /** The same of JSON texts. The thread keeps what it has compiled: for a schema that is asked again and again. */
  checkText(schemaText: string, valueText: string): Promise<TextVerdict>;
  /** A value that the schema takes, or why none could be made; the pointers lead into what was made. */
  sample(schema: JsonSchema): Promise<{ ok: true; value: Json } | { ok: false; findings: Finding[] }>;
  /** Ends the thread; the next question starts another one. */
  close(): Promise<void>;
};

/** `unknown`: the schema could not be asked, or takes more than the thread may spend. */
export type TextVerdict = { fits: true } | { fits: false; findings: Finding[] } | { fits: "unknown"; message: string };

type Task = { kind: "compile" | "value" | "text" | "sample"; schema: string; value?: string };
/** Of ajv's first error: https://ajv.js.org/api.html#error-objects */
type Wrong = { instancePath: string; keyword: string; params: { [name: string]: unknown }; message?: string };
type Judged =
  | { outcome: "passed" }
  | { outcome: "sampled"; value: string }
  | { outcome: "refused"; error: Wrong }
  | { outcome: "no_schema"; message: string }
  | { outcome: "ended"; why: "time" | "memory" };

/** How long one question may take, in milliseconds. Starting the thread comes on top. */
const taskTimeoutMs = 1_000;
const startTimeoutMs = 10_000;
/** The thread leaves when nobody has asked anything for so long: it holds memory. */
const idleMs = 30_000;
const heapMegabytes = 64;

/** A judge without a thread yet: the first question starts it. One question is judged at a time. */
export function createPayloadJudge(): PayloadJudge {
  let worker: Worker | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  const close = async () => {
    clearTimeout(idle);
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  };
  const judge = async (task: Task): Promise<Judged> => {
    clearTimeout(idle);
    worker ??= await startThread();
    const judged = await ask(worker, task);
    if (judged.outcome === "ended") await close();
    idle = setTimeout(() => void close(), idleMs);
    idle.unref();
    return judged;
  };
  const inTurn = (task: Task): Promise<Judged> => {
    const judged = queue.then(() => judge(task));
    queue = judged.catch(() => undefined);
    return judged;
  };

  return {
    async checkSchema(schema) {
      const findings = checkPayloadSchema(schema);
      if (findings.length > 0) return findings;
      return findingsOf(await inTurn({ kind: "compile", schema: JSON.stringify(schema) }));
    },
    async checkValue(schema, value) {
      return findingsOf(await inTurn({ kind: "value", schema: JSON.stringify(schema), value: JSON.stringify(value) }));
    },
    async checkText(schemaText, valueText) {
      const judged = await inTurn({ kind: "text", schema: schemaText, value: valueText });
      const findings = findingsOf(judged);
      if (findings.length === 0) return { fits: true };
      if (judged.outcome === "refused") return { fits: false, findings };
      return { fits: "unknown", message: findings[0]?.message ?? "" };
    },
    async sample(schema) {
      const judged = await inTurn({ kind: "sample", schema: JSON.stringify(schema) });
      // The thread has written it by JSON.stringify.
      if (judged.outcome === "sampled") return { ok: true, value: JSON.parse(judged.value) as Json };
      return { ok: false, findings: findingsOf(judged) };
    },
    close,
  };
}

async function startThread(): Promise<Worker> {
  const require = createRequire(import.meta.url);
  const worker = new Worker(judgeProgram, {
    eval: true,
    // Neither the environment nor anything else of the process is the thread's business.
    env: {},
    workerData: {
      ajv: require.resolve("ajv/dist/2020"),
      formats: require.resolve("ajv-formats"),
      re2: require.resolve("re2js"),
      sampler: require.resolve("openapi-sampler"),
    },
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  });
  worker.unref();
  const ready = await next(worker, startTimeoutMs);
  if (ready === "ready") return worker;
  await worker.terminate();
  throw new TypeError("The thread that judges payloads did not start.");
}

async function ask(worker: Worker, task: Task): Promise<Judged> {
  worker.postMessage(task);
  const answer = await next(worker, taskTimeoutMs);
  if (answer === undefined) return { outcome: "ended", why: "time" };
  if (answer instanceof Error) return { outcome: "ended", why: "memory" };
  // As the thread's own program makes it.
  return answer as Judged;
}

/** The thread's next message; the error that ended it; undefined when neither comes in time. */
function next(worker: Worker, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const settle = (outcome: unknown) => {
      clearTimeout(timer);
      worker.off("message", settle).off("error", settle).off("exit", onExit);
      resolve(outcome);
    };
    const onExit = () => settle(new Error("The thread ended."));
    const timer = setTimeout(settle, timeoutMs, undefined);
    worker.on("message", settle).on("error", settle).on("exit", onExit);
  });
}

function findingsOf(judged: Judged): Finding[] {
  switch (judged.outcome) {
    case "passed":
    case "sampled":
      return [];
    case "no_schema":
      return [{ pointer: "", code: "form", message: `This is no JSON Schema: ${judged.message}.` }];
    case "ended": {
      const message = `The schema takes too much ${judged.why}: make it smaller.`;
      return [{ pointer: "", code: "range", message }];
    }
    case "refused":
      return [findingOf(judged.error)];
  }
}

function findingOf({ instancePath, keyword, params, message = "is not possible" }: Wrong): Finding {
  const missing = params["missingProperty"];
  if (typeof missing === "string") {
    return { pointer: childPointer(instancePath, missing), code: "required", message: `\`${missing}\` is missing.` };
  }
  const extra = params["additionalProperty"] ?? params["unevaluatedProperty"];
  if (typeof extra === "string") {
    const pointer = childPointer(instancePath, extra);
    return { pointer, code: "unknown", message: `\`${extra}\` is not in the schema.` };
  }
  return { pointer: instancePath, code: codes[keyword] ?? "range", message: `This ${message}${listOf(params)}.` };
}

/** Of an enum ajv's sentence leaves out the values. */
function listOf(params: Wrong["params"]): string {
  const allowed = params["allowedValues"] ?? ("allowedValue" in params ? [params["allowedValue"]] : undefined);
  return Array.isArray(allowed)
    ? `: ${allowed
        .map((one) => JSON.stringify(one))
        .join(", ")
        .slice(0, 200)}`
    : "";
}

const codes: { readonly [keyword: string]: string } = {
  type: "type",
  enum: "value",
  const: "value",
  not: "value",
  pattern: "format",
  format: "format",
  propertyNames: "format",
  "": "form",
};
