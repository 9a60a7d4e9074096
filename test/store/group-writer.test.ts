// Group commit: who shares a command with whom.
import { createGroupWriter } from "../../src/store/group-writer.ts";

function aWriter(options: { itemsMax?: number; inFlightMax?: number; bytesOf?: (item: number) => number } = {}) {
  const groups: number[][] = [];
  const releases: (() => void)[] = [];
  const writer = createGroupWriter<number, number>({
    write: async (items) => {
      groups.push(items);
      await new Promise<void>((resolve) => releases.push(resolve));
      return items.map((item) => item * 10);
    },
    itemsMax: 100,
    inFlightMax: 1,
    ...options,
  });
  const nextTurn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return { writer, groups, release: () => releases.shift()?.(), nextTurn };
}

test("what arrives while a group is written shares the next one, and each gets its own result", async () => {
  const { writer, groups, release, nextTurn } = aWriter();
  const first = writer.add(1);
  await nextTurn();
  const others = [writer.add(2), writer.add(3)];
  await nextTurn();
  expect(groups).toEqual([[1]]);
  release();
  expect(await first).toBe(10);
  await nextTurn();
  release();
  expect(await Promise.all(others)).toEqual([20, 30]);
  expect(groups).toEqual([[1], [2, 3]]);
});

test("a group ends before it would be larger than one command can carry, and one large item goes alone", async () => {
  const megabytes = 1024 * 1024;
  const { writer, groups, release, nextTurn } = aWriter({ bytesOf: (item) => item * megabytes });
  const all = Promise.all([3, 4, 5, 20, 1].map((item) => writer.add(item)));
  for (let i = 0; i < 4; i++) {
    await nextTurn();
    release();
  }
  await all;
  expect(groups).toEqual([[3, 4], [5], [20], [1]]);
});

test("a group that fails fails for all of its items, and the next one is written", async () => {
  let fail = true;
  const writer = createGroupWriter<number, number>({
    write: async (items) => {
      if (fail) throw new Error("no answer");
      return items;
    },
    itemsMax: 10,
    inFlightMax: 1,
  });
  const results = await Promise.allSettled([writer.add(1), writer.add(2)]);
  expect(results.map((one) => one.status)).toEqual(["rejected", "rejected"]);
  fail = false;
  expect(await writer.add(3)).toBe(3);
  await writer.idle();
  expect(writer.size()).toBe(0);
});
