import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fetchFromMakers, type StartMakersDownload } from "../../src/embedded/fetch-makers.ts";
import { testFolder } from "../support/folder.ts";

const onProgress = () => undefined;

test("the program is what is largest of what the makers' downloader leaves", async () => {
  await using folder = await testFolder();
  const target = join(folder.path, "mongod-8", "mongod");
  const start: StartMakersDownload = (_name, _version, to) => ({
    done: Promise.all([writeFile(join(to, "x.md5"), "sum"), writeFile(join(to, "x"), "the program")]).then(
      () => undefined,
    ),
    abort: () => undefined,
  });
  await fetchFromMakers({ name: "mongod", target, onProgress, start });
  expect(await readFile(target, "utf8")).toBe("the program");
  expect(await readdir(dirname(target))).toEqual(["mongod"]);
});

test("a host that is silent is given up, and its download is ended", async () => {
  await using folder = await testFolder();
  const target = join(folder.path, "mongod-8", "mongod");
  const abort = jest.fn<void, []>();
  const start: StartMakersDownload = () => {
    const aborted = new Promise<void>((_, reject) => abort.mockImplementation(() => reject(new Error("aborted"))));
    return { done: aborted, abort };
  };
  const fetched = fetchFromMakers({ name: "mongod", target, onProgress, start, silenceMs: 100 });
  await expect(fetched).rejects.toThrow("the makers' host of MongoDB did not answer for 0.1 s");
  expect(abort).toHaveBeenCalled();
  expect(await readdir(dirname(target))).toEqual([]);
});

test("a slow download is not given up as long as it grows", async () => {
  await using folder = await testFolder();
  const target = join(folder.path, "mongod-8", "mongod");
  const start: StartMakersDownload = (_name, _version, to) => {
    let writes = 0;
    const done = new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        void appendFile(join(to, "x"), "part");
        if (++writes < 20) return;
        clearInterval(timer);
        resolve();
      }, 40);
    });
    return { done, abort: () => undefined };
  };
  await fetchFromMakers({ name: "mongod", target, onProgress, start, silenceMs: 400 });
  expect((await readFile(target, "utf8")).length).toBeGreaterThan(40);
});

test("the downloader's failure is told, and leaves nothing behind", async () => {
  await using folder = await testFolder();
  const target = join(folder.path, "mongod-8", "mongod");
  const start: StartMakersDownload = () => ({
    done: Promise.reject(new Error("Status Code is 403")),
    abort: () => undefined,
  });
  await expect(fetchFromMakers({ name: "mongod", target, onProgress, start })).rejects.toThrow("Status Code is 403");
  expect(await readdir(dirname(target))).toEqual([]);
});
