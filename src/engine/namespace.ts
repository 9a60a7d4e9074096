// Temporal's namespace of this installation: registered, with its retention and search attributes, before the first run.
import { msToTs } from "@temporalio/common/lib/time.js";
import type { NativeConnection } from "@temporalio/worker";
import { searchAttributeKeys } from "./search-attributes.ts";

/** How long an event id is known: closed workflows are kept at least as long, so that a late second start is refused. */
export const dedupeWindowMs = 7 * 24 * 60 * 60 * 1_000;

// temporal.api.enums.v1.IndexedValueType.
const typeByName = { KEYWORD: 2, INT: 3 } as const;

/** Registers what is missing. Resolves when the server knows the namespace and every search attribute. Repeatable. */
export async function prepareNamespace(connection: NativeConnection, namespace: string): Promise<void> {
  await registerNamespace(connection, namespace);
  // The server's own caches learn of a new namespace a moment later than its database.
  await untilTrue(async () => {
    try {
      await addMissingAttributes(connection, namespace);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  });
}

async function registerNamespace(connection: NativeConnection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await connection.workflowService
      .registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(dedupeWindowMs) })
      .catch((failure: unknown) => {
        // Two processes that start at once: the other one was first.
        if (grpcCode(failure) !== 6) throw failure;
      });
  }
}

async function addMissingAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const missing = async () => {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return Object.values(searchAttributeKeys).filter((key) => !(key.name in customAttributes));
  };
  const wanted = await missing();
  if (wanted.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(
      wanted.map((key) => [key.name, typeByName[key.type as keyof typeof typeByName]]),
    ),
  });
  await untilTrue(async () => (await missing()).length === 0);
}

async function untilTrue(question: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error("Temporal does not show the namespace that was registered.");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isNotFound(error: unknown): boolean {
  return grpcCode(error) === 5;
}

/** The gRPC status code of an error of the client; undefined when it has none. */
export function grpcCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("code" in error && typeof error.code === "number") return error.code;
  return "cause" in error ? grpcCode(error.cause) : undefined;
}
