// One line to a receiver: a connection at a time, and the exchange that it serves. undici tells neither of the other.
import type { Socket } from "node:net";
import { Client } from "undici";
import type { Dispatcher } from "undici";
import type { ConnectOrder, OpenConnection } from "./connect.ts";
import { passOverContinue } from "./continue.ts";

/** What a line knows of the exchange that is dispatched over it. */
export type LineUser = ConnectOrder & {
  line: Line | undefined;
  /** When it began, by the monotonic clock. */
  readonly startedMs: number;
  /** Nothing of the answer has come, or an informational one (1xx) has ended. */
  readonly isBeforeAnswer: boolean;
};

/** Options of a dispatch, with the exchange that it is for. */
export type LineDispatchOptions = Dispatcher.DispatchOptions & { user: LineUser };

/** Of one line: shared with its connector, which exists before the line does. */
type Seat = { user: LineUser | undefined; socket: Socket | undefined; openedMs: number; isHandingOver: boolean };

/** A client of undici's pool. It takes one request at a time, so that who dispatched last is who is served. */
export class Line extends Client {
  readonly #seat: Seat;
  readonly #connectionMsMax: number;

  /** A connection that is older than `connectionMsMax` takes one more request. */
  constructor(origin: URL, options: Client.Options, open: OpenConnection, connectionMsMax: number) {
    const seat: Seat = { user: undefined, socket: undefined, openedMs: 0, isHandingOver: false };
    super(origin, {
      ...options,
      connect: (target, callback) =>
        open(target, seat.user, (error, socket) => {
          if (error !== null) return callback(error, null);
          seat.socket = socket;
          seat.openedMs = performance.now();
          passOverContinue(socket, () => seat.user?.isBeforeAnswer === true);
          // undici writes the waiting request inside the call-back.
          seat.isHandingOver = true;
          try {
            callback(null, socket);
          } finally {
            seat.isHandingOver = false;
          }
        }),
    });
    this.#seat = seat;
    this.#connectionMsMax = connectionMsMax;
  }

  /** A new connection is being handed over: a request that starts at this moment is the first on it. */
  get isHandingOver(): boolean {
    return this.#seat.isHandingOver;
  }

  override dispatch(options: LineDispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const seat = this.#seat;
    seat.user = options.user;
    options.user.line = this;
    // A name may have moved, and a certificate ended, since the connection was opened: it says that this is its last request.
    const isOld = options.user.startedMs - seat.openedMs > this.#connectionMsMax && seat.socket?.destroyed === false;
    return super.dispatch(isOld ? { ...options, reset: true } : options, handler);
  }

  /**
   * Ends the connection under a request. undici's own `abort` does so too, but goes on to connect anew for the request
   * that it has just given up.
   */
  hangUp(): void {
    this.#seat.socket?.destroy(new Error("Given up."));
  }
}
