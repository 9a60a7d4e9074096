// A tenant's signing secrets over a real store.
import { createSigningSecrets } from "../../src/connector/signing-secrets.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { newKeyringEntry, parseKeyring } from "../../src/vault/keyring.ts";
import { createVault } from "../../src/vault/vault.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
const vault = createVault(parseKeyring(newKeyringEntry()));

beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("secrets") });
});
afterAll(() => store.close());

const open = (nowMs: () => number = Date.now) => createSigningSecrets({ tenants: store.tenants, vault, nowMs });

test("a tenant without a secret gets one, and every process the same", async () => {
  const tenantId = await store.tenants.create("a");
  const all = await Promise.all([open(), open(), open()].map((secrets) => secrets.current(tenantId)));
  expect(all[0]?.[0]).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(all).toEqual([all[0], all[0], all[0]]);
});

test("what is stored does not hold the secret, and opens for no other tenant", async () => {
  const [one, other] = [await store.tenants.create("a"), await store.tenants.create("b")];
  const { secret } = await open().reveal(one);
  const [stored] = await store.tenants.signingSecrets(one);
  if (!stored) throw new Error("nothing stored");
  expect(JSON.stringify(stored)).not.toContain(secret.slice(6));
  await store.tenants.addFirstSecret(other, stored);
  await expect(open().current(other)).rejects.toThrow("does not open");
});

test("after a rotation the new secret comes first and the old one signs until the grace ends", async () => {
  let now = Date.now();
  const tenantId = await store.tenants.create("a");
  const secrets = open(() => now);
  const [first] = await secrets.current(tenantId);
  const id = await secrets.rotate(tenantId, 5_000);
  const [second, kept] = await secrets.current(tenantId);
  expect(kept).toBe(first);
  expect(second).not.toBe(first);
  expect((await store.tenants.signingSecrets(tenantId))[0]?.id).toBe(id);
  expect(await secrets.reveal(tenantId)).toEqual({ secret: second });
  now += 6_000;
  expect(await secrets.current(tenantId)).toEqual([second]);
});

test("a rotation by another process is followed within ten seconds", async () => {
  let now = Date.now();
  const tenantId = await store.tenants.create("a");
  const here = open(() => now);
  const [first] = await here.current(tenantId);
  const there = open();
  await there.rotate(tenantId);
  expect((await here.current(tenantId))[0]).toBe(first);
  now += 10_001;
  expect(await here.current(tenantId)).toEqual(await there.current(tenantId));
});

test("rotations that meet lose no secret: each process's new one signs", async () => {
  const tenantId = await store.tenants.create("a");
  const first = await open().current(tenantId);
  const ids = await Promise.all([1, 2, 3, 4, 5].map(() => open().rotate(tenantId)));
  const stored = await store.tenants.signingSecrets(tenantId);
  expect(stored.map((one) => one.id)).toEqual(expect.arrayContaining(ids));
  expect(stored).toHaveLength(6);
  expect(stored.filter((one) => one.expiresAt === undefined)).toHaveLength(1);
  expect(await open().current(tenantId)).toContain(first[0]);
});

test("a tenant that does not exist has nothing to reveal", async () => {
  await expect(open().reveal("tnt_nobody")).rejects.toThrow("does not exist");
});
