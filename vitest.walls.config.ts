import { defineConfig } from "vitest/config";

// Attacks on the built Worker: a step of its own, because they take minutes and much memory.
export default defineConfig({
  test: {
    name: "walls",
    include: ["test/node/walls/**/*.test.ts"],
    globalSetup: ["test/support/run-folder.ts"],
    fileParallelism: false,
    hookTimeout: 120_000,
    silent: "passed-only",
    reporters: process.env.CI ? ["default", "json"] : ["default"],
    outputFile: { json: "dist/walls-results.json" },
  },
});
