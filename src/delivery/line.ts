// One line to a receiver: a connection at a time, and the exchange that it serves. undici tells neither of the other.
import type { Socket } from "node:net";
import { Client } from "undici";
import type { Dispatcher } from "undici";
import type { ConnectOrder, OpenConnection } from "./connect.ts";
import { passOverContinue } from "./continue.ts";

/** What a line knows of the exchange that is dispatched over it. */
export type LineUser = ConnectOrder & {
  line: Line | undefined;
  /** Nothing of the answer has come, or an informational one (1xx) has ended. */
  readonly isBeforeAnswer: boolean;
};

/** Options of a dispatch, with the exchange that it is for. */
export type LineDispatchOptions = Dispatcher.DispatchOptions & { user: LineUser };

/** Of one line: shared with its connector, which exists before the line does. */
type Seat = { user: LineUser | undefined; socket: Socket | undefined; isHandingOver: boolean };

/** A client of undici's pool. It takes one request at a time, so that who dispatched last is who is served. */
export class Line extends Client {
  readonly #seat: Seat;

  constructor(origin: URL, options: Client.Options, open: OpenConnection) {
    const seat: Seat = { user: undefined, socket: undefined, isHandingOver: false };
    super(origin, {
      ...options,
      connect: (target, callback) =>
        open(target, seat.user, (error, socket) => {
          if (error !== null) return callback(error, null);
          seat.socket = socket;
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
  }

  /** A new connection is being handed over: a request that starts at this moment is the first on it. */
  get isHandingOver(): boolean {
    return this.#seat.isHandingOver;
  }

  override dispatch(options: LineDispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#seat.user = options.user;
    options.user.line = this;
    return super.dispatch(options, handler);
  }

  /**
   * Ends the connection under a request. undici's own `abort` does so too, but goes on to connect anew for the request
   * that it has just given up.
   */
  hangUp(): void {
    this.#seat.socket?.destroy(new Error("Given up."));
  }
}
