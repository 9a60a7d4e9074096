// Does what goes to Temporal fit? It takes payloads of 2 MB, and messages of 4 MB; what is larger would be tried for ever.
import { sleep } from "@temporalio/workflow";

/** Temporal's `limit.blobSize.error`. What stands around the JSON, sealed or not, has the rest. */
const payloadBytesMax = 2 * 1024 * 1024 - 1_024;
/**
 * Outputs of this many characters in all fit beside the largest step, its message templates, an edited input and an event
 * that travels by value: whoever has less is not measured.
 */
const unmeasuredCharsMax = 200_000;

/**
 * Results of local activities that are reported in one message, in bytes: the last of them, and the largest attempt that is
 * asked for in the same message, still have room.
 */
const reportedBytesMax = 1_280 * 1024;

/** Sees to it that results of local activities come to Temporal in messages that it takes. Called with each of them. */
export function createPacer(): (result: unknown) => Promise<void> {
  let bytes = 0;
  return async (result) => {
    bytes += bytesOf(JSON.stringify(result));
    if (bytes <= reportedBytesMax) return;
    bytes = 0;
    // Waiting for a timer ends the workflow task, and so the message.
    await sleep(1);
  };
}

/** Whether `whole` fits into one payload, of which `outputs` is the part that grows with what steps have made. */
export function fitsPayload(whole: unknown, outputs: unknown): boolean {
  if (JSON.stringify(outputs).length <= unmeasuredCharsMax) return true;
  const text = JSON.stringify(whole);
  // A UTF-16 unit has at most three bytes in UTF-8.
  return text.length * 3 <= payloadBytesMax || bytesOf(text) <= payloadBytesMax;
}

/** The length in UTF-8; the isolate has no Buffer. JSON.stringify leaves no half of a surrogate pair alone. */
function bytesOf(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes += 2;
    else if (unit >= 0x80) bytes += 1;
  }
  return bytes;
}
