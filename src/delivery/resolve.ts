// Which addresses does a name have? Asked of the name servers by c-ares, never by the threads of the process.
import { Resolver } from "node:dns/promises";
import { setTimeout as after } from "node:timers/promises";

/** Answers every address of a name, IPv4 first. Rejects when there is none, or no answer. */
export type Resolve = (name: string) => Promise<string[]>;

/** How long the IPv6 addresses of a name are waited for once its IPv4 ones are there (RFC 8305 §3), in milliseconds. */
const graceMs = 50;

/**
 * A resolver that asks for A and AAAA records, of the system's name servers unless others are given (`address:port`).
 * `timeoutMs` is for a name: each server has a quarter of it, so that one that is dead, or a packet that is lost, is made up
 * for by the next question.
 * `dns.lookup` would read /etc/hosts, but it occupies one of four threads for as long as a hostile name server likes.
 */
export function createResolver(timeoutMs: number, servers?: readonly string[]): Resolve {
  const count = servers?.length ?? new Resolver().getServers().length;
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 4), tries: count > 1 ? 1 : 2 });
  if (servers !== undefined) resolver.setServers(servers);
  return async (name) => {
    const [asked4, asked6] = [answerOf(resolver.resolve4(name)), answerOf(resolver.resolve6(name))];
    const v4 = await asked4;
    if (!v4.ok) {
      const v6 = await asked6;
      if (v6.ok) return v6.addresses;
      throw v4.reason;
    }
    // Name servers that pass over questions for AAAA are common: the name is none the less reachable.
    const v6 = await Promise.race([asked6, after(graceMs, undefined, { ref: false })]);
    return v6?.ok ? [...v4.addresses, ...v6.addresses] : v4.addresses;
  };
}

type Answer = { ok: true; addresses: string[] } | { ok: false; reason: unknown };

function answerOf(question: Promise<string[]>): Promise<Answer> {
  return question.then(
    (addresses) => ({ ok: true, addresses }),
    (reason: unknown) => ({ ok: false, reason }),
  );
}
