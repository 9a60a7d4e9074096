// The engine's command with the broken way in of `hasty-accept`, for trials that must fail.
import { createHastyAccept } from "./hasty-accept.ts";
import { startEngine } from "./start-engine.ts";

await startEngine({ taskQueue: "millrace", createAccept: createHastyAccept });
