// How do a workflow's failures travel? In words that everybody can read, or inside a payload that the codec seals.
import { DefaultFailureConverter } from "@temporalio/common";

/** The engine puts this global before the bundle when payloads are sealed: the isolate sees nothing of the configuration. */
const sealsPayloads = "millraceSealsPayloads" in globalThis;

/** The SDK finds it by this name; scripts/bundle-workflows.mjs names the file. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: sealsPayloads });
