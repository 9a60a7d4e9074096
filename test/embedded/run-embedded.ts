// A process of its own that runs embedded servers until it is killed. Arguments: data folder, cache folder, port of the UI.
import { startEmbedded } from "../../src/embedded/start.ts";
import { createLog } from "../../src/log.ts";

const [dataDir = "", cacheDir = "", uiPort = ""] = process.argv.slice(2);
const { mongodbUri, temporalAddress } = await startEmbedded({
  dataDir,
  cacheDir,
  download: "registry",
  need: { mongodb: true, temporal: true },
  ports: { temporalUi: Number(uiPort) },
  onProgress: () => undefined,
  log: createLog("silent"),
});
process.stdout.write(JSON.stringify({ mongodbUri, temporalAddress }));
setInterval(() => undefined, 60_000);
