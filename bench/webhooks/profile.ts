// Where does the time of a process go? A CPU profile as a table: self time by group and by function, within a window.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  /** Microseconds of the machine's monotonic clock. */
  startTime: number;
  samples: number[];
  timeDeltas: number[];
};

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

/** Prints what the newest profile of a folder says about a window of the monotonic clock, in milliseconds. */
export async function printProfile(folder: string, window: { fromMs: number; untilMs: number }): Promise<void> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"));
  const path = files
    .map((name) => join(folder, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    // Small ones are those of helper threads that did nothing.
    .find((one) => statSync(one).size > 500_000);
  if (path === undefined) throw new Error(`There is no profile in ${folder}.`);
  // Written by Node; the form is that of the DevTools protocol.
  const profile = JSON.parse(readFileSync(path, "utf8")) as Profile;
  const selfUs = selfTimes(profile, window);
  const busy = [...selfUs].filter(([frame]) => !frame.startsWith("(idle)\t"));
  const total = busy.reduce((sum, [, us]) => sum + us, 0);
  const share = (us: number) => `${((100 * us) / total).toFixed(1)} %`;
  console.log(`\nSelf time of our process, ${(total / 1e6).toFixed(1)} s busy (${path}):`);
  const byGroup = new Map<string, number>();
  for (const [frame, us] of busy) byGroup.set(groupOf(frame), (byGroup.get(groupOf(frame)) ?? 0) + us);
  const largest = (entries: Iterable<[string, number]>) => [...entries].toSorted(([, a], [, b]) => b - a);
  console.table(largest(byGroup).map(([group, us]) => ({ group, share: share(us) })));
  console.table(
    largest(busy)
      .slice(0, 60)
      .map(([frame, us]) => ({ function: shown(frame), share: share(us) })),
  );
}

/** Microseconds by frame: name, tab, `url:line`. */
function selfTimes(profile: Profile, { fromMs, untilMs }: { fromMs: number; untilMs: number }): Map<string, number> {
  const frameById = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || "(anonymous)"}\t${url.replace(/^file:\/\//, "")}:${lineNumber + 1}`,
    ]),
  );
  const selfUs = new Map<string, number>();
  let atUs = profile.startTime;
  profile.samples.forEach((id, i) => {
    const deltaUs = profile.timeDeltas[i] ?? 0;
    atUs += deltaUs;
    if (atUs < fromMs * 1e3 || atUs > untilMs * 1e3) return;
    const frame = frameById.get(id) ?? "";
    selfUs.set(frame, (selfUs.get(frame) ?? 0) + deltaUs);
  });
  return selfUs;
}

function groupOf(frame: string): string {
  const name = frame.slice(0, frame.indexOf("\t"));
  const url = frame.slice(frame.indexOf("\t") + 1);
  if (name === "(garbage collector)") return "garbage collector";
  if (name === "(program)") return "native, system calls";
  if (url.startsWith(":")) return "built-in";
  const found = groups.find(([, pattern]) => pattern.test(url));
  if (found !== undefined) return found[0];
  const own = /dist\/(src\/[\w-]+|[\w-]+)/.exec(url);
  return own?.[1] === undefined ? "other" : `ours: ${own[1]}`;
}

function shown(frame: string): string {
  return frame.replace(/\t\S*\/(?:node_modules|dist)\//, " ").replace("\t", " ");
}
