// Where does the time of a process go? A CPU profile as tables within a window: for whom, in which functions, and below which.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  /** Microseconds of the machine's monotonic clock. */
  startTime: number;
  samples: number[];
  timeDeltas: number[];
};

/** A process, and which time of it is looked at, in milliseconds of the monotonic clock. */
export type Profiled = { title: string; pid: number; window: Window };
type Window = { fromMs: number; untilMs: number };

/** The first that fits names the group of a script. */
const groups: readonly (readonly [name: string, url: RegExp])[] = [
  ["undici", /node_modules\/undici\//],
  ["bson", /node_modules\/bson\//],
  ["mongodb driver", /node_modules\/(mongodb|mongoose)\//],
  [
    "express",
    /node_modules\/(express|router|body-parser|raw-body|finalhandler|send|qs|accepts|parseurl|path-to-regexp)\//,
  ],
  ["temporal", /node_modules\/(@temporalio|@grpc|protobufjs|long)\//],
  ["other packages", /node_modules\//],
  ["node: http", /^node:(_http|http|internal\/http)/],
  ["node: streams, net", /^node:(net|stream|internal\/(streams|stream_base)|buffer|internal\/buffer)/],
  ["node: timers, promises", /^node:(timers|internal\/(timers|process|async_hooks|promise))/],
  ["node: crypto", /^node:(crypto|internal\/crypto)/],
  ["node: other", /^node:/],
];

/** Prints what a process's profile in a folder says. */
export function printProfile(folder: string, { title, pid, window }: Profiled): void {
  // CPU.date.time.process.thread.number: the first thread is the one that counts.
  const name = readdirSync(folder).find((one) => one.includes(`.${pid}.0.`));
  if (name === undefined) throw new Error(`There is no profile of process ${pid} in ${folder}.`);
  const path = join(folder, name);
  // Written by Node; the form is that of the DevTools protocol.
  const profile = JSON.parse(readFileSync(path, "utf8")) as Profile;
  const times = timesOf(profile, window);
  const total = [...times.self.values()].reduce((sum, us) => sum + us, 0);
  const print = (key: string, usByKey: ReadonlyMap<string, number>, most: number) =>
    console.table(
      [...usByKey]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, most)
        .map(([name, us]) => ({ [key]: shown(name), share: `${((100 * us) / total).toFixed(1)} %` })),
    );
  console.log(`\n${title} was busy for ${(total / 1e6).toFixed(1)} s of the window (${path}).`);
  console.log("For whom: self time, that of Node and built-in functions put down to who called them:");
  print("group", times.group, 40);
  console.log("Self time by function:");
  print("function", times.self, 50);
  console.log("Functions of ours with all that they call at once (what they wait for is not below them):");
  print("function", times.own, 60);
}

type Times = Record<"self" | "group" | "own", Map<string, number>>;

/** Microseconds by frame (name, tab, `url:line`), by group, and by frame of ours with what is below it. */
function timesOf(profile: Profile, { fromMs, untilMs }: Window): Times {
  const nodes = new Map(profile.nodes.map((node) => [node.id, { frame: frameOf(node), parent: 0 }]));
  for (const { id, children = [] } of profile.nodes) {
    for (const child of children) {
      const node = nodes.get(child);
      if (node !== undefined) node.parent = id;
    }
  }
  const times: Times = { self: new Map(), group: new Map(), own: new Map() };
  let atUs = profile.startTime;
  profile.samples.forEach((id, i) => {
    const us = profile.timeDeltas[i] ?? 0;
    atUs += us;
    const frame = nodes.get(id)?.frame ?? "";
    if (atUs < fromMs * 1e3 || atUs > untilMs * 1e3 || frame.startsWith("(idle)\t")) return;
    const stack: string[] = [];
    for (let node = nodes.get(id); node !== undefined; node = nodes.get(node.parent)) stack.push(node.frame);
    const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + us);
    add(times.self, frame);
    const groups = stack.map(groupOf);
    add(times.group, groups.find((one) => !isOfNode(one)) ?? groups[0] ?? "");
    for (const own of new Set(stack.filter((one) => groupOf(one).startsWith("ours")))) add(times.own, own);
  });
  return times;
}

function frameOf({ callFrame: { functionName, url, lineNumber } }: Profile["nodes"][number]): string {
  return `${functionName || "(anonymous)"}\t${url.replace(/^file:\/\//, "")}:${lineNumber + 1}`;
}

function isOfNode(group: string): boolean {
  return group.startsWith("node:") || group === "built-in";
}

function groupOf(frame: string): string {
  const name = frame.slice(0, frame.indexOf("\t"));
  const url = frame.slice(frame.indexOf("\t") + 1);
  if (name === "(garbage collector)") return "garbage collector";
  if (name === "(program)") return "native, system calls";
  if (url.startsWith(":")) return "built-in";
  const found = groups.find(([, pattern]) => pattern.test(url));
  if (found !== undefined) return found[0];
  const own = /(?:dist|bench)\/(src\/[\w-]+|[\w-]+)/.exec(url);
  return own?.[1] === undefined ? "other" : `ours: ${own[1]}`;
}

function shown(frame: string): string {
  return frame.replace(/\t\S*\/(?:node_modules|dist)\//, " ").replace("\t", " ");
}
