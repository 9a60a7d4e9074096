/** Jest runs the TypeScript sources through swc; real servers come from the global set-up. */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.[jt]s$": ["@swc/jest"] },
  maxWorkers: 2,
  testTimeout: 30_000,
};
