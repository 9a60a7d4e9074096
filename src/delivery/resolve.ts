// Which addresses does a name have? Asked of the name servers by c-ares, never by the threads of the process.
import { Resolver } from "node:dns/promises";

/** Answers every address of a name, IPv4 first. Rejects when there is none, or no answer. */
export type Resolve = (name: string) => Promise<string[]>;

/**
 * A resolver that asks for A and AAAA records, of the system's name servers unless others are given (`address:port`).
 * `timeoutMs` bounds one question.
 * `dns.lookup` would read /etc/hosts, but it occupies one of four threads for as long as a hostile name server likes.
 */
export function createResolver(timeoutMs: number, servers?: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (servers !== undefined) resolver.setServers(servers);
  return async (name) => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (addresses.length > 0) return addresses;
    throw v4.status === "rejected" ? v4.reason : new Error("The name has no address.");
  };
}
