/** The console: what it shows of a week, what it changes, and that its key stays in the page's memory. */
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { openAiClient, type Stack } from "../../support/stack.ts";
import {
  ADMIN,
  type ConsolePage,
  openConsole,
  playWeek,
  problemsOf,
  startConsoleStack,
} from "./console-page.ts";
import { BROWSER, filesOf, WAIT_MS } from "./playground-page.ts";

let stack: Stack;
let week: Awaited<ReturnType<typeof playWeek>>;
let browser: Browser | undefined;
let opened: ConsolePage | undefined;
beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startConsoleStack(),
    BROWSER === undefined ? undefined : launchBrowser(BROWSER),
  ]);
  week = await playWeek(stack);
}, 120_000);
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});
afterAll(async () => {
  await browser?.close();
  await stack?.close();
});

async function open(url = stack.url, options = {}): Promise<ConsolePage> {
  if (!browser) throw new Error("the browser is not there yet");
  opened = await openConsole(browser, url, options);
  return opened;
}

const eventually = <T>(what: () => T) => expect.poll(what, { timeout: WAIT_MS });

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

describe("the page at /console", () => {
  it("is open, holds nothing, and comes with the playground's policy", async () => {
    for (const path of ["/console", "/console/app.js", "/console/style.css"]) {
      const [own, playground] = await Promise.all([
        fetch(stack.url + path),
        fetch(`${stack.url}/playground`),
      ]);
      expect(own.status).toBe(200);
      const policy = own.headers.get("content-security-policy");
      expect(policy).toBe(playground.headers.get("content-security-policy"));
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).toContain("form-action 'none'");
      expect(await own.text()).not.toContain(ADMIN);
    }
  });

  it("takes at most 80 KiB", async () => {
    const files = await filesOf(stack.url, "/console");
    expect([...files.keys()].toSorted()).toEqual([
      "/console",
      "/console/app.js",
      "/console/icon.svg",
      "/console/style.css",
    ]);
    const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(10 * 1024);
    expect(bytes).toBeLessThanOrEqual(80 * 1024);
  });
});

describe.skipIf(BROWSER === undefined)("the console in a browser", () => {
  it("shows what a week has cost, by whatever is asked", async () => {
    const { page, signIn, requested, complaints } = await open();
    await signIn();
    const tiles = page.locator(".tile dd");
    await eventually(() => tiles.allTextContents()).toContain(`$${week.cost.toFixed(2)}`);
    expect(await tiles.allTextContents()).toContain(String(week.requests));
    // They are drawn a frame later.
    await eventually(() => page.locator(".chart canvas").count()).toBe(3);
    await page.getByRole("img", { name: /^Time to the first token: nine in ten at most/ }).waitFor();
    const rows = page.locator("tbody tr");
    await eventually(() => rows.count()).toBe(3);
    await page.getByLabel("by", { exact: true }).selectOption("day");
    await eventually(() => rows.count()).toBe(7);
    await page.getByLabel("by", { exact: true }).selectOption("model");
    await eventually(() => rows.locator("th").allTextContents()).toEqual(["claude", "nova"]);
    await page.getByLabel("Key", { exact: true }).selectOption("bob");
    await page.getByLabel("by", { exact: true }).selectOption("session");
    await eventually(() => rows.count()).toBe(4);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV" }).click(),
    ]);
    const csv = await readFile(await file.path(), "utf8");
    expect(csv).toMatch(/^session,requests,tokens,cost_micros\r\nsession-0,/);
    for (const url of requested) expect(url).toMatch(new RegExp(`^(${stack.url}|blob:${stack.url})`));
    const files = requested.filter((url) => /\/(console|playground)/.test(url));
    expect(new Set(files)).toEqual(
      new Set(Array.from((await filesOf(stack.url, "/console")).keys(), (path) => stack.url + path)),
    );
    expect(complaints).toEqual([]);
  });

  it("makes, limits, disables, rotates and revokes a key, which it shows once", async () => {
    const { page, signIn, tab, complaints } = await open();
    await signIn();
    await tab("Keys");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByLabel("Name").fill("carol");
    await page.getByLabel("US dollars a month").fill("20");
    await page.getByLabel("Models, with commas").fill("nova, gone-*");
    await page.getByRole("button", { name: "Make it" }).click();
    const secret = page.locator(".secret code");
    const key = (await secret.textContent()) ?? "";
    expect(key).toMatch(/^sk-ocr-/);
    await page.getByRole("button", { name: "Close" }).click();
    await eventually(() => page.content()).not.toContain(key);
    const row = page.getByRole("row", { name: /^carol/ });
    expect(await row.textContent()).toMatch(/active.*\$20\.00 a month; nova, gone-\*/);
    const answer = await openAiClient(stack.url, key).chat.completions.create({
      ...{ model: "nova", max_tokens: 20 },
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(answer.model).toBe("nova");

    await page.getByRole("button", { name: "Change carol" }).click();
    expect(await page.getByLabel("US dollars a month").inputValue()).toBe("20");
    await page.getByLabel("US dollars a month").fill("");
    await page.getByLabel("Requests a minute").fill("5");
    await page.getByLabel("Expires").fill("2999-01-31");
    await page.getByRole("button", { name: "Save" }).click();
    await eventually(() => row.textContent()).toMatch(/5 requests a minute; nova, gone-\*; until 2999-01-31/);
    expect(await row.textContent()).not.toContain("month;");
    await page.getByRole("button", { name: "Disable carol" }).click();
    await eventually(() => row.textContent()).toContain("disabled");
    await page.getByRole("button", { name: "Enable carol" }).click();
    await eventually(() => row.textContent()).toContain("active");

    await page.getByRole("button", { name: "Rotate carol" }).click();
    await page.getByRole("button", { name: "Rotate carol at once" }).click();
    const rotated = (await secret.textContent()) ?? "";
    expect(rotated).toMatch(/^sk-ocr-/);
    expect(rotated).not.toBe(key);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Revoke carol" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    expect(await row.textContent()).toContain("active");
    await page.getByRole("button", { name: "Revoke carol" }).click();
    await page.getByRole("button", { name: "Revoke carol at once" }).click();
    await eventually(() => row.textContent()).toContain("revoked");
    await page.getByRole("button", { name: "Remove carol" }).click();
    await eventually(() => page.getByRole("button", { name: "Remove carol" }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("shows the configuration's keys with their limits and what they have spent, and who has no key any more", async () => {
    const { page, signIn, tab } = await open();
    await signIn();
    await tab("Keys");
    const row = (name: RegExp) => page.getByRole("row", { name }).textContent();
    await eventually(() => row(/^alice/)).toMatch(/configuration\$50\.00 a month\$\d/);
    await eventually(() => row(/^bob/)).toMatch(/no key now–\$\d/);
    expect(await row(/^all keys together/)).toContain("100K requests a minute");
  });

  it("tells in the form what the router refuses", async () => {
    const { page, signIn, tab } = await open();
    await signIn();
    await tab("Keys");
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByLabel("Name").fill("local");
    await page.getByRole("button", { name: "Make it" }).click();
    await eventually(() => page.locator("dialog .problem").textContent()).toContain("Invalid 'name'");
  });

  it("shows a request as it comes, and why its model was chosen; never its contents", async () => {
    const { page, signIn, tab } = await open();
    await signIn();
    await tab("Requests");
    const rows = page.locator("tbody tr");
    await eventually(() => rows.count()).toBeGreaterThan(10);
    const before = await rows.first().textContent();
    await stack.client.chat.completions.create({
      model: "auto",
      messages: [{ role: "user", content: "A secret question about nova" }],
    });
    await eventually(() => rows.first().textContent()).not.toBe(before);
    expect(await rows.first().textContent()).toMatch(/alice.*nova.*200/);
    await rows.first().getByRole("button", { name: "Why" }).click();
    const details = await page.locator(".details").textContent();
    expect(details).toMatch(/strategyrules/);
    expect(details).toMatch(/nova.* ok \d+ ms/);
    expect(await page.content()).not.toContain("secret question");
  });

  it("shows models with prices, windows and how they fare", async () => {
    const { page, signIn, tab } = await open();
    await signIn();
    await tab("Models");
    const claude = page.getByRole("row", { name: /^claude/ });
    await eventually(() => claude.textContent()).toMatch(/200K.*\$3\.30.*\$16\.50.*\d\s%ready/);
  });

  it("keeps its key in memory alone, and says what is wrong with another", async () => {
    const { page, signIn } = await open();
    await signIn("sk-not-the-admin's-key");
    await eventually(() => page.locator("[role=alert]").textContent()).toContain("ROUTER_ADMIN_KEY");
    await signIn();
    await page.locator(".tile").first().waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        location.href,
        history.state,
      ]),
    );
    expect(kept).not.toContain(ADMIN);
    expect(await page.content()).not.toContain(ADMIN);
    await page.reload();
    await page.locator("#admin-key").waitFor();
    await signIn();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("#admin-key").waitFor();
    expect(await page.locator(".tile").count()).toBe(0);
  });

  it("goes by keyboard alone", async () => {
    const { page } = await open();
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => [
          document.activeElement?.id,
          document.activeElement?.textContent,
        ]);
        if (focused.includes(name)) return;
      }
      throw new Error(`no way to ${name} by Tab`);
    };
    await page.locator("#admin-key").waitFor();
    await tabTo("admin-key");
    await page.keyboard.type(ADMIN);
    await page.keyboard.press("Enter");
    await page.locator(".tile").first().waitFor();
    await tabTo("Keys");
    await page.keyboard.press("Enter");
    await tabTo("Make a key");
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await eventually(() => page.locator("dialog[open]").count()).toBe(0);
  });

  it("says so where the router has no admin's key", async () => {
    const bare = await startConsoleStack({ ROUTER_ADMIN_KEY: "" });
    try {
      const { page } = await open(bare.url);
      await eventually(() => page.locator("h2").textContent()).toBe("This router has no console");
      expect(await page.locator("input").count()).toBe(0);
    } finally {
      await bare.close();
    }
  });

  it.each([
    ["desk", "light", {}],
    ["desk", "dark", {}],
    ["phone", "light", PHONE],
    ["phone", "dark", PHONE],
  ] as const)("has nothing that axe finds on a %s in %s, and fits", async (device, colorScheme, options) => {
    const { page, signIn, tab, complaints } = await open(stack.url, { ...options, colorScheme });
    const found: string[] = [];
    const look = async (state: string) => {
      found.push(...(await problemsOf(page, state)));
      const folder = process.env.CONSOLE_PICTURES;
      if (folder !== undefined)
        await page.screenshot({ path: `${folder}/${device}-${colorScheme}-${state}.png`, fullPage: true });
    };
    await page.locator("#admin-key").waitFor();
    await look("sign-in");
    await signIn();
    await page.locator(".chart canvas").nth(2).waitFor();
    await page.locator("tbody tr").first().waitFor();
    await look("overview");
    await tab("Keys");
    await page.locator("tbody tr").first().waitFor();
    await look("keys");
    await page.getByRole("button", { name: "Make a key" }).click();
    await look("form");
    await page.keyboard.press("Escape");
    await tab("Requests");
    await page.getByRole("button", { name: "Why" }).first().click();
    await page.locator(".details").waitFor();
    await look("requests");
    await tab("Models");
    await page.getByRole("row", { name: /^claude/ }).waitFor();
    await look("models");
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
