import { defineConfig } from "vitest/config";

// Real clients, which npm has to bring: not part of `npm test`, which needs no network. Two at a time.
export default defineConfig({
  test: {
    name: "clients",
    include: ["test/clients/**/*.test.ts"],
    globalSetup: ["test/support/run-folder.ts"],
    fileParallelism: false,
    // Each is a program of its own that takes a core.
    maxConcurrency: 2,
    testTimeout: 600_000,
    silent: "passed-only",
    reporters: process.env.CI ? ["default", "json"] : ["default"],
    outputFile: { json: "dist/client-results.json" },
  },
});
