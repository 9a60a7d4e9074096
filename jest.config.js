/** Jest runs the TypeScript sources through swc; real servers come from the global set-up. */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.[jt]s$": ["@swc/jest"] },
  // The MongoDB driver loads `os` by a dynamic import, which Jest's sandbox cannot do: as a `require` it can.
  transformIgnorePatterns: ["/node_modules/(?!mongodb/lib/runtime_adapters)"],
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
  maxWorkers: 2,
  testTimeout: 30_000,
};
