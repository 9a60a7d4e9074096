// How is a connection opened so that the address that was checked is the address that is dialled?
import { connect as dialTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { buildConnector } from "undici";
import { checkAddress, localhostAddresses } from "./address.ts";
import type { AddressPolicy } from "./address.ts";
import type { Resolve } from "./resolve.ts";
import { tlsMeaningOf } from "./tls-failure.ts";
import { secureContextOf } from "./tls-identity.ts";
import type { TlsIdentity } from "./tls-identity.ts";

/** The parts of making a connection that an attempt reports. */
export type ConnectPhase = "dns" | "connect" | "tls";

/** Why no connection came about. */
export class ConnectFailure extends Error {
  readonly kind: "dns" | "refused" | "reset" | "tls" | "timeout" | "blocked";
  /** A finer word where there is one, else the same as `kind`. */
  readonly code: string;

  constructor(kind: ConnectFailure["kind"], message: string, cause?: unknown, code: string = kind) {
    super(message, { cause });
    this.name = "ConnectFailure";
    this.kind = kind;
    this.code = code;
  }
}

/** What a request that makes a connection be opened wants of it. */
export type ConnectOrder = {
  /** Told when a phase has ended. */
  mark: (phase: ConnectPhase) => void;
  /** For name, connection and TLS together, instead of the client's own limit. */
  connectTimeoutMs: number | undefined;
};

/** Opens a connection, for a request where there is one. `port` is empty for the scheme's own. */
export type OpenConnection = (
  target: { hostname: string; port: string; protocol: string },
  order: ConnectOrder | undefined,
  callback: (...result: [error: null, socket: Socket] | [error: ConnectFailure, socket: null]) => void,
) => void;

export type ConnectOptions = {
  policy: AddressPolicy;
  resolve: Resolve;
  /** For name, connection and TLS together. */
  connectTimeoutMs: number;
  /** For the name alone. */
  dnsTimeoutMs: number;
  /** More records than this are taken for an attack. */
  addressesMax: number;
  /** Certificates of authorities to trust instead of the system's, in PEM. */
  ca?: string;
};

type Target = { hostname: string; port: number; secure: boolean };

/** How many of a name's addresses are tried before giving up. */
const dialsMax = 4;

/**
 * The way to open a connection: resolve, check every address, dial a checked one, check the peer, then TLS for the name.
 * Each has its own cache of TLS sessions: one that another identity opened was checked against other authorities.
 */
export function createConnector(options: ConnectOptions, identity?: TlsIdentity): OpenConnection {
  const secure = lazily(() =>
    buildConnector({ secureContext: secureContextOf(identity, options.ca), timeout: 0, keepAlive: false }),
  );
  return ({ hostname, port, protocol }, order, callback) => {
    const target = {
      hostname,
      secure: protocol === "https:",
      port: Number(port || (protocol === "https:" ? 443 : 80)),
    };
    open(target, options, secure, order).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(toFailure(error), null),
    );
  };
}

/** What is made at the first connection that needs it: most clients' certificates are never read twice. */
function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The message never holds an address: users must not learn what a name resolves to inside our network. */
function toFailure(error: unknown): ConnectFailure {
  return error instanceof ConnectFailure ? error : new ConnectFailure("reset", "The connection broke.", error);
}

async function open(
  target: Target,
  options: ConnectOptions,
  secure: () => buildConnector.connector,
  order: ConnectOrder | undefined,
): Promise<Socket> {
  const timeoutMs = order?.connectTimeoutMs ?? options.connectTimeoutMs;
  const deadlineMs = performance.now() + timeoutMs;
  const dnsTimeoutMs = Math.min(options.dnsTimeoutMs, timeoutMs);
  const addresses = await checkedAddresses(target.hostname, { ...options, dnsTimeoutMs });
  if (isIP(target.hostname) === 0) order?.mark("dns");
  const socket = await dialFirst(addresses, target.port, deadlineMs);
  order?.mark("connect");
  const peer = socket.remoteAddress;
  // The operating system may have been told to send this address elsewhere: what counts is who is at the other end.
  if (peer === undefined || !checkAddress(peer, options.policy).ok) {
    socket.destroy();
    throw peer === undefined ? new ConnectFailure("reset", "The connection broke.") : blocked();
  }
  if (!target.secure) return socket;
  const encrypted = await startTls(socket, target, connectorOf(secure, socket), deadlineMs);
  order?.mark("tls");
  return encrypted;
}

function connectorOf(secure: () => buildConnector.connector, socket: Socket): buildConnector.connector {
  try {
    return secure();
  } catch (cause) {
    socket.destroy();
    throw new ConnectFailure("tls", "The client certificate or its key cannot be used.", cause, "tls_identity");
  }
}

export type NameOptions = Pick<ConnectOptions, "policy" | "resolve" | "dnsTimeoutMs" | "addressesMax">;

/** The addresses of a name that may be dialled. Rejects with a ConnectFailure: `dns`, or `blocked` for any that may not. */
export async function checkedAddresses(hostname: string, options: NameOptions): Promise<string[]> {
  const addresses = await addressesOf(hostname, options);
  // One private address among public ones is enough to refuse: which one is dialled must not be left to chance.
  if (addresses.length > options.addressesMax || addresses.some((one) => !checkAddress(one, options.policy).ok)) {
    throw blocked();
  }
  return [...addresses].sort((a, b) => isIP(a) - isIP(b)).slice(0, dialsMax);
}

async function addressesOf(hostname: string, options: NameOptions): Promise<string[]> {
  // A resolver is never asked for a literal, so a check that hangs on the resolver would miss it.
  if (isIP(hostname) !== 0) return [hostname];
  if (hostname === "localhost") return localhostAddresses(options.policy);
  const addresses = await withDeadline(options.resolve(hostname), options.dnsTimeoutMs).catch((cause: unknown) => {
    throw new ConnectFailure("dns", "The host name could not be resolved.", cause);
  });
  if (addresses.length === 0) throw new ConnectFailure("dns", "The host name has no address.");
  return addresses;
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("No answer in time.")), timeoutMs);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

async function dialFirst(addresses: string[], port: number, deadlineMs: number): Promise<Socket> {
  let failure = blocked();
  for (const [index, address] of addresses.entries()) {
    // The time that is left is shared, so that one dead address does not use up the turn of a living one.
    const timeoutMs = (deadlineMs - performance.now()) / (addresses.length - index);
    try {
      return await dial(address, port, timeoutMs);
    } catch (error) {
      failure = error instanceof ConnectFailure ? error : new ConnectFailure("refused", "No connection.", error);
    }
  }
  throw failure;
}

function dial(address: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dialTcp({ host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    const timer = setTimeout(() => fail(tookTooLong()), timeoutMs);
    const fail = (error: ConnectFailure): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once("error", (error: NodeJS.ErrnoException) => fail(dialFailure(error)));
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      // Until the client takes it over, an error of the socket must not bring the process down.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}

function dialFailure(error: NodeJS.ErrnoException): ConnectFailure {
  if (error.code === "ETIMEDOUT") return tookTooLong(error);
  if (error.code === "ECONNRESET") return new ConnectFailure("reset", "The connection broke.", error);
  return new ConnectFailure("refused", "The receiver refused the connection or cannot be reached.", error);
}

function startTls(
  socket: Socket,
  target: Target,
  secure: buildConnector.connector,
  deadlineMs: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(tookTooLong());
      socket.destroy();
    }, deadlineMs - performance.now());
    const { hostname, port } = target;
    const identity = { hostname, host: hostname, protocol: "https:", port: String(port), httpSocket: socket };
    // An address is no server name (RFC 6066 §3); the certificate is then checked against the address.
    secure(isIP(hostname) === 0 ? { ...identity, servername: hostname } : identity, (error, encrypted) => {
      clearTimeout(timer);
      if (error === null) return resolve(endingWithErrors(encrypted));
      socket.destroy();
      const { code, message } = tlsMeaningOf(error);
      reject(new ConnectFailure("tls", message, error, code));
    });
  });
}

/** In TLS 1.3 a receiver refuses a client certificate after the handshake; the end that follows would hide its alert. */
function endingWithErrors(socket: Socket): Socket {
  return socket.once("error", (error) => socket.destroy(error));
}

function tookTooLong(cause?: unknown): ConnectFailure {
  return new ConnectFailure("timeout", "No connection was made within the time allowed.", cause, "connect_timeout");
}

function blocked(): ConnectFailure {
  const message = "The address is not one that deliveries may reach.";
  return new ConnectFailure("blocked", message, undefined, "url.address");
}
