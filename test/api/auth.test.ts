// Keys: which are believed, for how long, and what a flood of wrong ones costs.
import { createAddressLimit, windowMs } from "../../src/api/address-limit.ts";
import { createAuthenticator, ensureBootstrapKey, keyTrustMs } from "../../src/api/auth.ts";
import { createLog } from "../../src/log.ts";
import { newApiKey, parseApiKey } from "../../src/model/api-key.ts";
import { scopes } from "../../src/model/scope.ts";
import type { StoredApiKey } from "../../src/store/api-keys.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { testServers, uniqueName } from "../support/servers.ts";

type Request = Parameters<ReturnType<typeof createAuthenticator>>[0];
// Of a request only what authentication looks at.
const request = (authorization?: string, remoteAddress = "192.0.2.1") =>
  ({ headers: authorization ? { authorization } : {}, socket: { remoteAddress } }) as unknown as Request;

const setUp = (rest: Partial<StoredApiKey> = {}, max = 3) => {
  const key = newApiKey();
  const parsed = parseApiKey(key);
  if (!parsed) throw new Error("a new key is no key");
  const stored: StoredApiKey = {
    _id: parsed.id,
    tenantId: "tnt_1",
    name: "",
    hash: parsed.hash,
    scopes: ["events:write"],
    createdAt: new Date(0),
    ...rest,
  };
  const state = { now: 1_000_000, reads: 0, stored: stored as StoredApiKey | null };
  const nowMs = () => state.now;
  const authenticate = createAuthenticator({
    apiKeys: {
      find: async (id) => {
        state.reads++;
        return id === stored._id ? state.stored : null;
      },
    },
    nowMs,
    limit: createAddressLimit({ max, nowMs }),
  });
  const code = async (authorization?: string, address?: string) => {
    try {
      return (await authenticate(request(authorization, address))).tenantId as string;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return { key, state, code, authenticate };
};

test("a key is read once and then trusted for half a minute: a revoked one works no longer", async () => {
  const { key, state, code } = setUp();
  for (let i = 0; i < 5; i++) expect(await code(`Bearer ${key}`)).toBe("tnt_1");
  expect(state.reads).toBe(1);
  state.stored = state.stored && { ...state.stored, revokedAt: new Date() };
  state.now += keyTrustMs;
  expect(await code(`Bearer ${key}`)).toBe("auth.invalid");
});

test("an expired key is refused, also while it is remembered", async () => {
  const { key, state, code } = setUp({ expiresAt: new Date(1_005_000) });
  expect(await code(`bearer  ${key}`)).toBe("tnt_1");
  state.now = 1_005_000;
  expect(await code(`Bearer ${key}`)).toBe("auth.invalid");
});

test("a key of the wrong form or checksum costs no look at the database", async () => {
  const { key, state, code } = setUp({}, 100);
  const wrong = [
    key.slice(0, -1),
    `${key}x`,
    key.replace("live", "love"),
    key.slice(0, -6) + "000000",
    "x",
    "mr_live_",
  ];
  for (const one of wrong) expect(await code(`Bearer ${one}`)).toBe("auth.invalid");
  for (const header of [undefined, "", "Basic YTpi", key]) expect(await code(header)).toBe("auth.missing");
  expect(state.reads).toBe(0);
});

test("a key with the right id and another secret is refused", async () => {
  const { state, code, key } = setUp();
  state.stored = state.stored && { ...state.stored, hash: "0".repeat(64) };
  expect(await code(`Bearer ${key}`)).toBe("auth.invalid");
});

test("an address that fails too often waits, others and good keys of before do not", async () => {
  const { key, state, code } = setUp();
  expect(await code(`Bearer ${key}`)).toBe("tnt_1");
  const seen = [];
  for (let i = 0; i < 5; i++) seen.push(await code("Bearer x"));
  expect(seen).toEqual(["auth.invalid", "auth.invalid", "auth.invalid", "rate.limited", "rate.limited"]);
  expect(await code("Bearer x", "192.0.2.2")).toBe("auth.invalid");
  expect(await code(`Bearer ${key}`)).toBe("tnt_1");
  state.now += windowMs;
  expect(await code("Bearer x")).toBe("auth.invalid");
});

test("without the limit every wrong key of a flood is looked up", async () => {
  const flood = async (max: number) => {
    const { state, code } = setUp({}, max);
    for (let i = 0; i < 20; i++) await code(`Bearer ${newApiKey()}`);
    return state.reads;
  };
  expect([await flood(3), await flood(Number.POSITIVE_INFINITY)]).toEqual([3, 20]);
});

test("IPv6 addresses of one /64 count as one, mapped IPv4 ones as IPv4, and memory is bounded", () => {
  const limit = createAddressLimit({ max: 1, addressesMax: 100 });
  limit.fail("2001:db8:1:2::1");
  limit.fail("::ffff:192.0.2.7");
  expect(limit.waitMs("2001:db8:1:2:ffff::9")).toBeGreaterThan(0);
  expect(limit.waitMs("2001:db8:1:3::1")).toBe(0);
  expect(limit.waitMs("192.0.2.7")).toBeGreaterThan(0);
  for (let i = 0; i < 1_000; i++) limit.fail(`10.0.${i >> 8}.${i & 255}`);
  limit.fail(undefined);
  expect(limit.size()).toBe(100);
});

describe("the bootstrap key", () => {
  let store: Store;
  const log = createLog("silent");
  beforeAll(async () => {
    store = await openStore(testServers().mongodbUri, { database: uniqueName("auth") });
  });
  afterAll(() => store.close());

  test("gets every scope for one tenant, however often and with however many processes it is given", async () => {
    const key = newApiKey();
    const tenants = await Promise.all([1, 2, 3].map(() => ensureBootstrapKey(store, key, log)));
    expect(new Set([...tenants, await ensureBootstrapKey(store, newApiKey(), log)]).size).toBe(1);
    expect(await store.apiKeys.find(parseApiKey(key)?.id ?? "")).toMatchObject({
      tenantId: tenants[0],
      scopes: [...scopes],
    });
  });

  test("of the wrong form stops the start with a sentence that says how to make one", async () => {
    await expect(ensureBootstrapKey(store, "secret", log)).rejects.toThrow(/MILLRACE_BOOTSTRAP_KEY.*`millrace key`/);
  });

  test("cannot take the place of another tenant's key, nor of one that was revoked", async () => {
    const [taken, revoked] = [newApiKey(), newApiKey()];
    const row = (key: string) => ({
      _id: parseApiKey(key)?.id ?? "",
      hash: parseApiKey(key)?.hash ?? "",
      name: "",
      createdAt: new Date(),
    });
    await store.apiKeys.put({ ...row(taken), tenantId: await store.tenants.create("x"), scopes: [] });
    await expect(ensureBootstrapKey(store, taken, log)).rejects.toThrow("MILLRACE_BOOTSTRAP_KEY");
    const tenantId = await store.tenants.ensureBootstrap("default");
    await store.apiKeys.put({ ...row(revoked), tenantId, scopes: [], revokedAt: new Date() });
    await expect(ensureBootstrapKey(store, revoked, log)).rejects.toThrow("revoked");
  });
});
