import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { built } from "./test/support/built-plugin.ts";
import { InTurns } from "./test/support/sequencer.ts";
import { vectors } from "./test/support/vectors-plugin.ts";

// Nothing here needs Cloudflare's servers.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.env.WRANGLER_SEND_METRICS = "false";

const inWorkerd = () => [
  vectors(),
  built(),
  cloudflareTest({ main: "./src/index.ts", wrangler: { configPath: "./wrangler.toml" } }),
];
/** Replaces modules, loads them again, or counts what its whole isolate does. */
const APART = ["test/workers/budgets.test.ts", "test/workers/work.test.ts"];

// `workers` runs inside workerd, `node` drives the whole stack over real sockets. Limits of time are generous, because a loaded
// machine is slow: no test asserts on time.
export default defineConfig({
  test: {
    // On two cores Vitest would run one file after the other, though most of them wait much of the time. CI has two files more that
    // do nothing else, for minutes: they begin first.
    maxWorkers: process.env.CI ? 5 : 3,
    sequence: { sequencer: InTurns },
    // A key's object is told up to 2 s after an exchange, and its alarm comes a minute later. An object that wakes while a file ends
    // asks for the Worker's module ("resolve") over a channel that is closed then; all the file's tests have ended. To reset the
    // objects behind each file stops the alarms, not the calls, and takes 40 s of a run.
    onUnhandledError: ({ name }) => (name === "EnvironmentTeardownError" ? false : undefined),
    // The log lines of what passes are noise.
    silent: "passed-only",
    reporters: process.env.CI ? ["default", "json"] : ["default"],
    outputFile: { json: "dist/test-results.json" },
    projects: [
      {
        plugins: inWorkerd(),
        test: {
          name: "workers",
          include: ["test/workers/**/*.test.ts"],
          exclude: APART,
          // One runtime for all files: one for each costs 3 s, a file in the same one 0.2 s.
          isolate: false,
          testTimeout: 120_000,
        },
      },
      {
        plugins: inWorkerd(),
        test: { name: "workers-apart", include: APART, testTimeout: 120_000 },
      },
      {
        plugins: [vectors(), built()],
        test: {
          name: "node",
          include: ["test/node/**/*.test.ts"],
          globalSetup: ["test/support/run-folder.ts"],
          isolate: false,
          // A first stack builds the Worker.
          hookTimeout: 120_000,
          exclude: [
            // Minutes of waiting: for CI, which has them.
            ...(process.env.CI ? [] : ["test/node/slow/**"]),
            // Attacks take minutes and much memory: `npm run test:walls`.
            "test/node/walls/**",
            // Pages take a browser, and it a core: `npm run test:pages`.
            "test/node/pages/**",
          ],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
