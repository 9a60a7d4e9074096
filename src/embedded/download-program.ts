// Runs in a process of its own: puts one server program from its makers into an empty folder. Arguments: name, version, folder.
import { TestWorkflowEnvironment, type TimeSkippingTestWorkflowEnvironmentOptions } from "@temporalio/testing";
import { MongoBinaryDownload } from "mongodb-memory-server-core/lib/util/MongoBinaryDownload.js";

/** The downloader as it comes does not check the host's certificate, which is all that vouches for the file. */
class VerifiedDownload extends MongoBinaryDownload {
  override httpDownload(...[url, options, location, temporary]: Parameters<MongoBinaryDownload["httpDownload"]>) {
    return super.httpDownload(url, { ...options, rejectUnauthorized: true }, location, temporary, 1);
  }
  override printDownloadProgress(): void {
    // The parent shows progress.
  }
}

const [name, version, folder] = process.argv.slice(2);
if (name === undefined || version === undefined || folder === undefined)
  throw new Error("needs name, version and folder");

if (name === "mongod") {
  await new VerifiedDownload({ version, downloadDir: folder, checkMD5: true }).getMongodPath();
} else {
  // Temporal's downloader can only be had with a start of what it downloads.
  const executable = { type: "cached-download", downloadDir: folder, version: `v${version}` } as const;
  const server: NonNullable<TimeSkippingTestWorkflowEnvironmentOptions["server"]> = { executable };
  const start = name === "temporal" ? TestWorkflowEnvironment.createLocal : TestWorkflowEnvironment.createTimeSkipping;
  const environment = await start({ server });
  await environment.teardown();
}
// An ended server's handles must not keep this process alive.
process.exit(0);
