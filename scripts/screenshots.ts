/**
 * `node scripts/screenshots.ts`: takes the README's pictures of the playground, light and dark, as a visitor of `npm start` sees it.
 * Needs Chromium; `CHROMIUM_PATH` where it is not in its usual place.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { startEmulator } from "../emulator/index.ts";
import { browserPath, launchBrowser } from "../test/support/browser.ts";
import { buildWorker, startLocalWorker } from "./local-worker.ts";
import { emulatorBindings } from "./start/environment.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "docs/images");
const KEY = "sk-screenshots-0123456789";
const SIZE = { width: 1360, height: 850 };
/** Twice as many pixels as it is shown with: sharp on fine displays. */
const SCALE = 2;
const QUALITY = 0.85;
/** The last one stands in the picture, and the page keeps the others on the left. */
const CONVERSATIONS = [
  "What is 17% of 2,340?",
  "Say hello to the edge",
  "Compare Rust and Go for a coding agent, in a table.",
];

const path = browserPath();
if (path === undefined) throw new Error("no Chromium found; install it or set CHROMIUM_PATH");
const build = mkdtempSync(join(tmpdir(), "screenshots-"));
const emulator = await startEmulator();
try {
  await buildWorker(build);
  const worker = await startLocalWorker({
    build,
    bindings: {
      ...emulatorBindings(emulator),
      ROUTER_API_KEYS: `you=${KEY}`,
      ROUTER_CONFIG: readFileSync(join(ROOT, "config/examples/llm.yaml"), "utf8"),
    },
  });
  const browser = await launchBrowser(path);
  mkdirSync(FOLDER, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    const file = join(FOLDER, `playground-${colorScheme}.webp`);
    writeFileSync(file, await picture(browser, worker.url, colorScheme));
    console.log(`wrote ${file}`);
  }
  await browser.close();
  await worker.close();
} finally {
  await emulator.close();
  rmSync(build, { recursive: true });
}

async function picture(browser: Browser, url: string, colorScheme: "light" | "dark"): Promise<Buffer> {
  const context = await browser.newContext({ viewport: SIZE, deviceScaleFactor: SCALE, colorScheme });
  const page = await context.newPage();
  await page.goto(`${url}/playground#key=${KEY}`);
  await page.locator("#model:enabled").waitFor();
  for (const [at, question] of CONVERSATIONS.entries()) {
    if (at > 0) await page.locator("#new-chat").click();
    await page.fill("#prompt", question);
    await page.press("#prompt", "Enter");
    await page.locator(".retry button").waitFor();
  }
  await page.getByText("Why this model").last().click();
  const png = await page.screenshot({ animations: "disabled" });
  await context.close();
  return webp(browser, png);
}

/** The browser writes WebP itself, a third of a PNG's size. */
async function webp(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const address = await page.evaluate(
    async ([source = "", quality]) => {
      const image = new Image();
      image.src = String(source);
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      canvas.getContext("2d")?.drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", Number(quality));
    },
    [`data:image/png;base64,${png.toString("base64")}`, QUALITY] as const,
  );
  await page.close();
  const [head = "", data = ""] = address.split(",");
  if (!head.includes("image/webp")) throw new Error(`the browser wrote ${head}`);
  return Buffer.from(data, "base64");
}
