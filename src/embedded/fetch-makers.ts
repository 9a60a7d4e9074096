// How do we get a server program from the hosts of its makers?
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { binaries, type BinaryName, type OnProgress } from "./binaries.ts";

/** After this long without a byte, the makers' host counts as not reachable. */
const silenceMs = 10_000;

/** A running download: it ends by itself, or is made to. */
export type MakersDownload = { done: Promise<void>; abort(): void };
/** Starts to put the program, under any name, into a folder that is empty. */
export type StartMakersDownload = (name: BinaryName, version: string, folder: string) => MakersDownload;

type Options = {
  name: BinaryName;
  target: string;
  onProgress: OnProgress;
  start?: StartMakersDownload;
  silenceMs?: number;
};

/**
 * Puts a server program at `target`, by the downloaders that MongoDB's and Temporal's own test packages bring. They hold
 * a file to no checksum that we know beforehand: TLS vouches for it. Throws when the host does not answer for 10 seconds.
 */
export async function fetchFromMakers(options: Options): Promise<void> {
  const { name, target, onProgress } = options;
  const { title, version } = binaries[name];
  const work = join(dirname(target), `.part-${randomUUID()}`);
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    onProgress({ binary: name, stage: "download", message: `Downloading ${title} ${version} from its makers` });
    const download = (options.start ?? startInChild)(name, version, work);
    await untilDoneOrSilent(download, work, options.silenceMs ?? silenceMs, title);
    const part = await onlyProgram(work);
    await chmod(part, 0o755);
    await rename(part, target);
    onProgress({ binary: name, stage: "ready", message: `${name} ${version} is at ${target}` });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The downloaders tell of no progress, so the folder's growth does. */
async function untilDoneOrSilent(
  download: MakersDownload,
  folder: string,
  limitMs: number,
  title: string,
): Promise<void> {
  let bytes = 0;
  let grewAtMs = performance.now();
  let watch: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    watch = setInterval(
      () => {
        void folderBytes(folder).then((now) => {
          if (now !== bytes) [bytes, grewAtMs] = [now, performance.now()];
          if (performance.now() - grewAtMs < limitMs) return;
          reject(new Error(`the makers' host of ${title} did not answer for ${limitMs / 1000} s, going on without it`));
        });
      },
      Math.min(500, limitMs / 4),
    );
  });
  try {
    await Promise.race([download.done, silence]);
  } finally {
    clearInterval(watch);
    download.abort();
    // The folder is removed next: a downloader that still writes would bring it back.
    await download.done.catch(() => undefined);
  }
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder).catch(() => [])) {
    bytes += await stat(join(folder, entry)).then(
      (stats) => stats.size,
      () => 0,
    );
  }
  return bytes;
}

/** The downloaders leave notes (checksums) beside the program, which is by far the largest file. */
async function onlyProgram(folder: string): Promise<string> {
  let largest: { path: string; size: number } | undefined;
  for (const entry of await readdir(folder)) {
    const path = join(folder, entry);
    const { size } = await stat(path);
    if (largest === undefined || size > largest.size) largest = { path, size };
  }
  if (largest === undefined) throw new Error("the download left no file");
  return largest.path;
}

/** In a process of its own: Temporal's downloader starts a native runtime that a process can have only once. */
function startInChild(name: BinaryName, version: string, folder: string): MakersDownload {
  const here = fileURLToPath(import.meta.url);
  // The same file type as this one: `.ts` under a loader, `.js` when built.
  const script = join(dirname(here), `download-program${extname(here)}`);
  const child = fork(script, [name, version, folder], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const done = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`the makers' download of ${name} failed: ${said.trim().split("\n").at(0) ?? "no reason given"}`),
        );
    });
  });
  return { done, abort: () => child.kill("SIGKILL") };
}
