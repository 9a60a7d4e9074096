// How is a process spared the hooks of AsyncLocalStorage? The SDK gives each activity its context by one, and until Node 24
// that makes every promise of the process call hooks, also long after the activity has ended.
import { asyncLocalStorage } from "@temporalio/activity";
import type { ActivityInterceptorsFactory } from "@temporalio/worker";

/** How long after the last activity the hooks are switched off, in milliseconds: the SDK is through with it by then. */
const afterMs = 100;

/** Switches the hooks off while no activity runs; the next one switches them on again. */
export function createHookSaver(): ActivityInterceptorsFactory {
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  const switchOff = (): void => {
    if (running === 0) asyncLocalStorage.disable();
  };
  return () => ({
    inbound: {
      async execute(input, next) {
        running++;
        clearTimeout(timer);
        try {
          return await next(input);
        } finally {
          running--;
          if (running === 0) timer = setTimeout(switchOff, afterMs).unref();
        }
      },
    },
  });
}
