import { defineConfig } from "vitest/config";

// The pages in a browser: a suite of its own, since a browser takes a core. Two files at a time, for each waits for its pages.
export default defineConfig({
  test: {
    name: "pages",
    include: ["test/node/pages/**/*.test.ts"],
    globalSetup: ["test/support/run-folder.ts"],
    isolate: false,
    maxWorkers: 2,
    hookTimeout: 120_000,
    testTimeout: 120_000,
    silent: "passed-only",
    reporters: process.env.CI ? ["default", "json"] : ["default"],
    outputFile: { json: "dist/pages-results.json" },
  },
});
