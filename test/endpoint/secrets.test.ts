// Which secrets sign after rotations and expiries: whatever is asked for, something signs, and never too much.
import fc from "fast-check";
import { livingSecrets, rotated, withoutSecret } from "../../src/endpoint/secrets.ts";
import { secretsAt } from "../../src/endpoint/open-endpoint.ts";
import { secretsMax, type EndpointSecret } from "../../src/model/endpoint.ts";

const atMs = Date.parse("2030-01-01T00:00:00Z");
const first: EndpointSecret = { id: "sec_0", secret: "s0", createdAt: "2029-01-01T00:00:00Z" };

type Act = { kind: "rotate"; graceMs: number } | { kind: "expire"; index: number } | { kind: "wait"; ms: number };
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant("rotate" as const), graceMs: fc.integer({ min: 0, max: 100_000 }) }),
  fc.record({ kind: fc.constant("expire" as const), index: fc.nat(11) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 50_000 }) }),
);

test("at every moment the newest secret signs without an end, the others have one, and ten sign at most", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      let secrets: readonly EndpointSecret[] = [first];
      let nowMs = atMs;
      for (const [number, one] of acts.entries()) {
        if (one.kind === "wait") nowMs += one.ms;
        else {
          const next =
            one.kind === "rotate"
              ? rotated(secrets, { id: `sec_${number + 1}`, secret: `s${number + 1}` }, one.graceMs, nowMs)
              : withoutSecret(secrets, livingSecrets(secrets, nowMs)[one.index]?.id ?? "", nowMs);
          if (next.ok) secrets = next.secrets;
        }
        const [newest, ...others] = livingSecrets(secrets, nowMs);
        expect(newest).toBeDefined();
        expect(newest?.expiresAt).toBeUndefined();
        expect(others.every(({ expiresAt }) => Date.parse(expiresAt ?? "") > nowMs)).toBe(true);
        expect(others.length).toBeLessThan(secretsMax);
        expect(secretsAt({ secrets }, nowMs)[0]).toBe(newest?.secret);
      }
    }),
  );
});

test("a rotation never lengthens the time of an earlier secret", () => {
  const ending = { ...first, expiresAt: new Date(atMs + 1_000).toISOString() };
  const newer = { id: "sec_1", secret: "s1", createdAt: "2029-06-01T00:00:00Z" };
  const next = rotated([newer, ending], { id: "sec_2", secret: "s2" }, 60_000, atMs);
  const ends = next.ok ? next.secrets.map(({ expiresAt }) => expiresAt) : [];
  expect(ends).toEqual([undefined, new Date(atMs + 60_000).toISOString(), ending.expiresAt]);
});

test("without a grace period the new one is alone", () => {
  const next = rotated([first], { id: "sec_1", secret: "s1" }, 0, atMs);
  expect(next).toMatchObject({ ok: true, secrets: [{ id: "sec_1" }] });
});
