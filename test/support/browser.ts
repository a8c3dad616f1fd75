/** Debian's Chromium for end-to-end tests, driven by Playwright. Without network: it asks for nothing of its own accord. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PATHS = [
  process.env.CHROMIUM_PATH,
  // Without windows to draw, a page takes a third of the time: this first.
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The browser's program; undefined where none is installed: CI installs one, and there a missing one is an error. */
export function browserPath(): string | undefined {
  const path = PATHS.find((candidate) => candidate !== undefined && existsSync(candidate));
  if (path === undefined && process.env.CI)
    throw new Error("no Chromium found; install it or set CHROMIUM_PATH");
  return path;
}

/** Starts a browser with an empty profile. Close it when done. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
