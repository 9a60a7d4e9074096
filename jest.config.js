/** Jest runs the TypeScript sources through swc; real servers come from the global set-up. */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.[jt]s$": ["@swc/jest"] },
  // The MongoDB driver loads `os` by a dynamic import, which Jest's sandbox cannot do: as a `require` it can.
  // Those of OAuth are ES modules only, which Jest's `require` does not read as they stand.
  transformIgnorePatterns: ["/node_modules/(?!mongodb/lib/runtime_adapters|openid-client/|oauth4webapi/|jose/)"],
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
  maxWorkers: 2,
  testTimeout: 30_000,
};
