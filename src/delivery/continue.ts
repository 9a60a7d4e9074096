// What becomes of a `100 Continue` that nobody has asked for? It is passed over, as every informational answer is.
import type { Socket } from "node:net";

const digit = { zero: 0x30, one: 0x31, two: 0x32 };
/** Where the status stands behind `HTTP/1.1 `. */
const statusAt = 9;

/**
 * Has a connection hand out each 100 as a 102. A client has to take informational answers that it did not ask for (RFC 9110
 * §15.2), and old servers send this one before every answer to a POST; undici breaks the connection at it.
 * `isBeforeAnswer` says whether the next byte begins an answer. One whose first line is torn in two is not known again.
 */
export function passOverContinue(socket: Socket, isBeforeAnswer: () => boolean): void {
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    // Bytes, null at the end of what there is: nobody has set an encoding.
    const chunk = read(size) as Buffer | null;
    if (chunk !== null && isInformational(chunk, 0) && isBeforeAnswer()) rename(chunk);
    return chunk;
  };
}

function isInformational(chunk: Buffer, at: number): boolean {
  return (
    chunk[at + statusAt] === digit.one && chunk.toString("latin1", at, at + 5) === "HTTP/" && chunk[at + 8] === 0x20
  );
}

/** Informational answers come one behind the other, and none has a body. */
function rename(chunk: Buffer): void {
  for (let at = 0; isInformational(chunk, at);) {
    const isContinue = chunk[at + statusAt + 1] === digit.zero && chunk[at + statusAt + 2] === digit.zero;
    if (isContinue) chunk[at + statusAt + 2] = digit.two;
    const end = chunk.indexOf("\r\n\r\n", at);
    if (end < 0) return;
    at = end + 4;
  }
}
