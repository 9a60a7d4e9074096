import { spawn } from "node:child_process";
import { once } from "node:events";
import { endProcess, inspectProcess, isRunning } from "../../src/embedded/process.ts";
import { until } from "../support/wait.ts";

test("a running process is seen with its command line, and not once it has ended", async () => {
  const child = spawn("sleep", ["61"]);
  const info = await inspectProcess(child.pid ?? 0);
  expect(info?.command).toBe("sleep 61");
  child.kill();
  await once(child, "exit");
  expect(await inspectProcess(child.pid ?? 0)).toBeUndefined();
});

test("the unreaped remains of a process count as gone", async () => {
  // The shell becomes `sleep`, which never asks for its child's end.
  const parent = spawn("sh", ["-c", "sleep 0.05 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const [output] = (await once(parent.stdout, "data")) as [Buffer]; // The stream has no encoding set.
  const pid = Number(output.toString());
  await until(async () => (await inspectProcess(pid)) === undefined);
  // The system still knows the pid: asking it by a signal alone would say that it runs.
  expect(process.kill(pid, 0)).toBe(true);
  parent.kill();
});

test("a process is ended by SIGTERM where it listens to it", async () => {
  const child = spawn("sleep", ["60"]);
  const info = await inspectProcess(child.pid ?? 0);
  const exit = once(child, "exit");
  await endProcess(info ?? { pid: 0, startedAt: "" });
  expect(await exit).toEqual([null, "SIGTERM"]);
});

test("a process that does not listen to SIGTERM is killed", async () => {
  const child = spawn("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"]);
  await once(child.stdout, "data");
  const info = await inspectProcess(child.pid ?? 0);
  const exit = once(child, "exit");
  await endProcess(info ?? { pid: 0, startedAt: "" }, 100);
  expect(await exit).toEqual([null, "SIGKILL"]);
});

test("a process that got the pid of another is not ended in its place", async () => {
  const child = spawn("sleep", ["60"]);
  const info = await inspectProcess(child.pid ?? 0);
  await endProcess({ pid: info?.pid ?? 0, startedAt: "an earlier one" });
  expect(await isRunning(info ?? { pid: 0, startedAt: "" })).toBe(true);
  child.kill();
});
