// Prints "N passed, N failed" from Vitest's JSON report.
import { readFileSync } from "node:fs";

const results = JSON.parse(readFileSync(process.argv[2], "utf8"));
// A file that cannot be loaded has no failed test in it, so it counts as one.
const broken = results.testResults.filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
);
console.log(`${results.numPassedTests} passed, ${results.numFailedTests + broken.length} failed`);
if (results.numPassedTests === 0) process.exitCode = 1;
