// How is a connection opened so that the address that was checked is the address that is dialled?
import { connect as dialTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { buildConnector } from "undici";
import { checkAddress, localhostAddresses } from "./address.ts";
import type { AddressPolicy } from "./address.ts";
import type { Resolve } from "./resolve.ts";

/** The parts of making a connection that an attempt reports. */
export type ConnectPhase = "dns" | "connect" | "tls";

/** Why no connection came about. */
export class ConnectFailure extends Error {
  readonly kind: "dns" | "refused" | "reset" | "tls" | "timeout" | "blocked";

  constructor(kind: ConnectFailure["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ConnectFailure";
    this.kind = kind;
  }
}

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
  /** Asked once for each connection, at its start: who wants to know how long its phases take. */
  observer: () => ((phase: ConnectPhase) => void) | undefined;
};

type Target = { hostname: string; port: number; secure: boolean };

/** How many of a name's addresses are tried before giving up. */
const dialsMax = 4;

/** An undici connector: resolve, check every address, dial a checked one, check the peer, then TLS for the name. */
export function createConnector(options: ConnectOptions): buildConnector.connector {
  const secure = buildConnector({
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    timeout: 0,
    keepAlive: false,
  });
  return ({ hostname, port, protocol }, callback) => {
    const target = {
      hostname,
      secure: protocol === "https:",
      port: Number(port || (protocol === "https:" ? 443 : 80)),
    };
    // Before the first await: the observer is whoever is sending at this moment.
    const mark = options.observer() ?? (() => undefined);
    open(target, options, secure, mark).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(toFailure(error), null),
    );
  };
}

/** The message never holds an address: users must not learn what a name resolves to inside our network. */
function toFailure(error: unknown): ConnectFailure {
  return error instanceof ConnectFailure ? error : new ConnectFailure("reset", "The connection broke.", error);
}

async function open(
  target: Target,
  options: ConnectOptions,
  secure: buildConnector.connector,
  mark: (phase: ConnectPhase) => void,
): Promise<Socket> {
  const deadlineMs = performance.now() + options.connectTimeoutMs;
  const addresses = await checkedAddresses(target.hostname, options);
  if (isIP(target.hostname) === 0) mark("dns");
  const socket = await dialFirst(addresses, target.port, deadlineMs);
  mark("connect");
  const peer = socket.remoteAddress;
  // The operating system may have been told to send this address elsewhere: what counts is who is at the other end.
  if (peer === undefined || !checkAddress(peer, options.policy).ok) {
    socket.destroy();
    throw peer === undefined ? new ConnectFailure("reset", "The connection broke.") : blocked();
  }
  if (!target.secure) return socket;
  const encrypted = await startTls(socket, target, secure, deadlineMs);
  mark("tls");
  return encrypted;
}

async function checkedAddresses(hostname: string, options: ConnectOptions): Promise<string[]> {
  const addresses = await addressesOf(hostname, options);
  // One private address among public ones is enough to refuse: which one is dialled must not be left to chance.
  if (addresses.length > options.addressesMax || addresses.some((one) => !checkAddress(one, options.policy).ok)) {
    throw blocked();
  }
  return [...addresses].sort((a, b) => isIP(a) - isIP(b)).slice(0, dialsMax);
}

async function addressesOf(hostname: string, options: ConnectOptions): Promise<string[]> {
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
    const timer = setTimeout(() => fail(new ConnectFailure("timeout", "The connection took too long.")), timeoutMs);
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
  if (error.code === "ETIMEDOUT") return new ConnectFailure("timeout", "The connection took too long.", error);
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
      reject(new ConnectFailure("timeout", "The TLS handshake took too long."));
      socket.destroy();
    }, deadlineMs - performance.now());
    const { hostname, port } = target;
    const identity = { hostname, host: hostname, protocol: "https:", port: String(port), httpSocket: socket };
    // An address is no server name (RFC 6066 §3); the certificate is then checked against the address.
    secure(isIP(hostname) === 0 ? { ...identity, servername: hostname } : identity, (error, encrypted) => {
      clearTimeout(timer);
      if (error === null) return resolve(encrypted);
      socket.destroy();
      reject(new ConnectFailure("tls", "The TLS handshake failed, or the certificate is not valid.", error));
    });
  });
}

function blocked(): ConnectFailure {
  return new ConnectFailure("blocked", "The address is not one that deliveries may reach.");
}
