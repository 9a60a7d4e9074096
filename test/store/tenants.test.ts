// Tenants' stored secrets over a real MongoDB.
import { newId, type TenantId } from "../../src/model/ids.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import type { StoredSecret } from "../../src/store/tenants.ts";
import { testServers, uniqueName } from "../support/servers.ts";

let store: Store;
beforeAll(async () => {
  store = await openStore(testServers().mongodbUri, { database: uniqueName("tenants") });
});
afterAll(() => store.close());

const aSecret = (id: string): StoredSecret => ({ id, sealed: `sealed ${id}`, createdAt: new Date() });

async function aTenant(first: StoredSecret): Promise<TenantId> {
  const tenantId = await store.tenants.create("Acme");
  await store.tenants.addFirstSecret(tenantId, first);
  return tenantId;
}

const idsOf = async (tenantId: TenantId) => (await store.tenants.signingSecrets(tenantId)).map((one) => one.id);

test("rotations that meet each leave their secret, and one of them is the newest", async () => {
  const tenantId = await aTenant(aSecret("first"));
  const next = ["a", "b", "c", "d"];
  await Promise.all(next.map((id) => store.tenants.rotateSecret(tenantId, aSecret(id), 60_000)));
  const stored = await store.tenants.signingSecrets(tenantId);
  expect(stored.map((one) => one.id).toSorted()).toEqual([...next, "first"].toSorted());
  expect(stored.map((one) => one.expiresAt !== undefined)).toEqual([false, true, true, true, true]);
});

test("earlier secrets expire by the database's clock, whatever this machine's clock says", async () => {
  const tenantId = await aTenant(aSecret("first"));
  const before = store.nowMs();
  // A machine whose clock is years behind.
  const clock = jest.spyOn(Date, "now").mockReturnValue(Date.UTC(2020, 0, 1));
  await store.tenants.rotateSecret(tenantId, aSecret("next"), 60_000).finally(() => clock.mockRestore());
  const [, first] = await store.tenants.signingSecrets(tenantId);
  const expiresAtMs = first?.expiresAt?.getTime() ?? 0;
  // The difference between the clocks is measured to within a round trip.
  expect(expiresAtMs - before).toBeGreaterThan(59_000);
  expect(expiresAtMs - before).toBeLessThan(70_000);
});

test("a later rotation never puts an end off", async () => {
  const tenantId = await aTenant(aSecret("first"));
  await store.tenants.rotateSecret(tenantId, aSecret("second"), 60_000);
  const end = (await store.tenants.signingSecrets(tenantId))[1]?.expiresAt;
  await store.tenants.rotateSecret(tenantId, aSecret("third"), 3_600_000);
  const [, second, first] = await store.tenants.signingSecrets(tenantId);
  expect(first).toMatchObject({ id: "first", expiresAt: end });
  expect(second?.expiresAt?.getTime()).toBeGreaterThan(first?.expiresAt?.getTime() ?? Infinity);
});

test("a rotation without grace leaves the new secret alone", async () => {
  const tenantId = await aTenant(aSecret("first"));
  await store.tenants.rotateSecret(tenantId, aSecret("leaked-no-more"), 0);
  expect(await idsOf(tenantId)).toEqual(["leaked-no-more"]);
});

test("the newest ten secrets are kept", async () => {
  const tenantId = await aTenant(aSecret("0"));
  for (let i = 1; i <= 11; i++) await store.tenants.rotateSecret(tenantId, aSecret(String(i)), 60_000);
  expect(await idsOf(tenantId)).toEqual(["11", "10", "9", "8", "7", "6", "5", "4", "3", "2"]);
});

test("a text that looks like one of MongoDB's expressions is stored as it stands", async () => {
  const tenantId = await aTenant(aSecret("first"));
  const hostile = { ...aSecret("$name"), sealed: "$$ROOT" };
  await store.tenants.rotateSecret(tenantId, hostile, 60_000);
  expect((await store.tenants.signingSecrets(tenantId))[0]).toEqual(hostile);
});

test("a rotation touches its tenant only, and makes none", async () => {
  const other = await aTenant(aSecret("other"));
  const nobody = newId("tnt");
  await store.tenants.rotateSecret(nobody, aSecret("lost"), 60_000);
  expect(await idsOf(other)).toEqual(["other"]);
  expect(await idsOf(nobody)).toEqual([]);
});
