// Does the data of a published event fit the schema of its type? Asked for the types of the catalogue that want it.
import type { PayloadJudge, TextVerdict } from "../flow/payload/judge.ts";
import type { Log } from "../log.ts";
import { AppError } from "../model/errors.ts";
import type { Event } from "../model/event.ts";
import type { EventTypeId, TenantId } from "../model/ids.ts";
import type { Finding } from "../model/problem.ts";
import type { EnforcedType, EventTypeStore } from "../store/event-types.ts";
import { followStream } from "../store/follow-stream.ts";

export type EventTypeRules = {
  /**
   * What is wrong with the events' data: findings of types that only warn; undefined at once when no type of the tenant is
   * asked. Rejects with AppError `request.invalid` and every finding when data does not fit a type that rejects, and with
   * `service.overloaded` when such a type cannot be asked. `pointersTo`: where each event stands in the request.
   */
  check(
    tenantId: TenantId,
    events: readonly Event[],
    pointersTo: (index: number) => string,
  ): Promise<Finding[]> | undefined;
  /** After a change by this process: resolves when it follows. */
  changed(id: EventTypeId): Promise<void>;
  close(): Promise<void>;
};

type Deps = {
  eventTypes: Pick<EventTypeStore, "enforced" | "enforcedAt" | "watch">;
  judge: Pick<PayloadJudge, "checkText" | "close">;
  log: Pick<Log, "warn">;
  /** Told of each event whose data does not fit. */
  unfit?: (mode: EnforcedType["mode"]) => void;
  nowMs?: () => number;
};

/** A schema that took too much is not asked again for so long, in milliseconds: others wait for the same thread. */
const restMs = 10_000;
/** Events that may wait for the thread; beyond it the sender is asked to come back. */
const waitingMax = 1_000;

/** The rules of all tenants, once they have been read. */
export async function watchEventTypeRules(deps: Deps): Promise<EventTypeRules> {
  const { eventTypes, judge, log } = deps;
  const rules = createRules();
  const ask = createAsker(deps);
  const followed = await followStream<EventTypeId>({
    what: "event types",
    watch: eventTypes.watch,
    readAll: async () => rules.replace(await eventTypes.enforced()),
    async read(id) {
      const type = await eventTypes.enforcedAt(id);
      rules.drop(id);
      if (type !== undefined) rules.keep(type);
    },
    log,
  });
  const judgeAll = async (tenantId: TenantId, events: readonly Event[], pointersTo: (index: number) => string) => {
    const judged = await Promise.all(
      events.map(async (event, index) => {
        const rule = rules.of(tenantId, event.type);
        if (rule === undefined) return undefined;
        return { rule, at: `${pointersTo(index)}/data`, verdict: await ask(rule, event.dataText) };
      }),
    );
    return concluded(judged.filter((one) => one !== undefined));
  };
  return {
    check(tenantId, events, pointersTo) {
      const waiting = followed.current();
      if (waiting === undefined) return rules.has(tenantId) ? judgeAll(tenantId, events, pointersTo) : undefined;
      return waiting.then(() => judgeAll(tenantId, events, pointersTo));
    },
    changed: followed.changed,
    async close() {
      await followed.close();
      await judge.close();
    },
  };
}

type Judged = { rule: EnforcedType; at: string; verdict: TextVerdict };

/** The warnings. Throws when an event has to be refused: none of them is taken then. */
function concluded(judged: readonly Judged[]): Finding[] {
  const warnings: Finding[] = [];
  const refusals: Finding[] = [];
  for (const { rule, at, verdict } of judged) {
    if (verdict.fits === true) continue;
    if (verdict.fits === "unknown" && rule.mode === "reject") throw unaskable(rule, verdict.message);
    const findings = verdict.fits === "unknown" ? [unasked(rule, verdict.message)] : verdict.findings;
    const shown = findings.map((one) => ({ ...one, pointer: `${at}${one.pointer}` }));
    (rule.mode === "reject" ? refusals : warnings).push(...shown);
  }
  if (refusals.length === 0) return warnings;
  const names = [...new Set(judged.flatMap(({ rule, verdict }) => (verdict.fits === false ? [rule.name] : [])))];
  throw new AppError("request.invalid", {
    detail: `The data does not fit the schema of "${names.join('", "')}" in the catalogue of event types: \`errors\` says where and why.`,
    errors: refusals,
  });
}

function unasked({ name }: EnforcedType, message: string): Finding {
  return { pointer: "", code: "range", message: `The schema of "${name}" could not be asked. ${message}` };
}

function unaskable({ name }: EnforcedType, message: string): AppError {
  const detail = `The schema of "${name}" could not be asked, and its type rejects what does not fit. ${message}`;
  return new AppError("service.overloaded", { detail, retryAfterMs: restMs });
}

/** Asks the judge, but not for a schema that has just taken too much, and not when too many wait. */
function createAsker({ judge, unfit, nowMs = Date.now }: Deps) {
  const rests = new WeakMap<EnforcedType, { untilMs: number; message: string }>();
  let waiting = 0;
  return async (rule: EnforcedType, dataText: string): Promise<TextVerdict> => {
    const rest = rests.get(rule);
    if (rest !== undefined && rest.untilMs > nowMs()) return { fits: "unknown", message: rest.message };
    if (waiting >= waitingMax) return { fits: "unknown", message: "Too many events wait for their check." };
    waiting++;
    try {
      const verdict = await judge.checkText(rule.schemaText, dataText);
      if (verdict.fits === "unknown") rests.set(rule, { untilMs: nowMs() + restMs, message: verdict.message });
      if (verdict.fits !== true) unfit?.(rule.mode);
      return verdict;
    } finally {
      waiting--;
    }
  };
}

/** Rules in memory, by tenant and type. */
function createRules() {
  const byId = new Map<EventTypeId, EnforcedType>();
  const byTenant = new Map<TenantId, Map<string, EnforcedType>>();
  const drop = (id: EventTypeId): void => {
    const known = byId.get(id);
    if (known === undefined) return;
    byId.delete(id);
    const ofTenant = byTenant.get(known.tenantId);
    // Another one may have taken its name since.
    if (ofTenant?.get(known.name) === known) ofTenant.delete(known.name);
    if (ofTenant?.size === 0) byTenant.delete(known.tenantId);
  };
  const keep = (type: EnforcedType): void => {
    byId.set(type.id, type);
    const ofTenant = byTenant.get(type.tenantId) ?? new Map<string, EnforcedType>();
    byTenant.set(type.tenantId, ofTenant.set(type.name, type));
  };
  return {
    drop,
    keep,
    replace(types: EnforcedType[]): void {
      byId.clear();
      byTenant.clear();
      for (const type of types) keep(type);
    },
    has: (tenantId: TenantId): boolean => byTenant.has(tenantId),
    of: (tenantId: TenantId, name: string): EnforcedType | undefined => byTenant.get(tenantId)?.get(name),
  };
}
