// How does the executor say that it is our own storage that does not answer, and not the receiver?

/** Work on our own storage failed: nothing is said about the step, which waits. */
export class StoreAway extends Error {
  /** It happened after the receiver had refused the request: nothing of it was applied. */
  readonly isRefused: boolean;
  constructor(cause: unknown, isRefused = false) {
    super(cause instanceof Error ? cause.message : "The store does not answer.", { cause });
    this.name = "StoreAway";
    this.isRefused = isRefused;
  }
}

/** The result of work on our own storage. Throws StoreAway for whatever goes wrong in it. */
export async function stored<T>(work: Promise<T>, isRefused = false): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof StoreAway ? error : new StoreAway(error, isRefused);
  }
}
