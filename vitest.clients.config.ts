import { defineConfig } from "vitest/config";

// Real clients, which npm has to bring: a suite of its own, since `npm test` needs no network. Two at a time.
export default defineConfig({
  test: {
    name: "clients",
    include: ["test/clients/**/*.test.ts"],
    globalSetup: ["test/support/run-folder.ts"],
    fileParallelism: false,
    // Each is a program of its own that takes a core.
    maxConcurrency: 2,
    testTimeout: 1_500_000,
    silent: "passed-only",
    reporters: process.env.CI ? ["default", "json"] : ["default"],
    outputFile: { json: "dist/client-results.json" },
  },
});
