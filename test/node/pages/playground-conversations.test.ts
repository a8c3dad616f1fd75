/**
 * What the playground does with whole conversations, and for everybody: on one page for the most part, since a page of its own
 * costs each test seconds.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { BROWSER, figuresOf, type Playground, playgroundTabs, SONNET } from "./playground-page.ts";

const ROOT = join(import.meta.dirname, "../../..");
const run = promisify(execFile);
const PDF = {
  name: "report.pdf",
  mimeType: "application/pdf",
  buffer: Buffer.from("%PDF-1.4\n%%EOF\n"),
};
const TEXT = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("x") };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
};

let stack: Stack;
beforeAll(async () => {
  if (BROWSER === undefined) return;
  stack = await startStack({
    bindings: (emulator) => ({ ...awsBindings(emulator), ROUTER_EMULATOR: emulator.url }),
    config: (emulator) => ({
      router: { retry: 0, strategy: "rules", rules: [{ default: "claude" }] },
      llms: {
        claude: { provider: "bedrock", model: SONNET, description: "Careful", aws_region: "eu-west-1" },
        nova: { provider: "bedrock", model: "us.amazon.nova-pro-v1:0", description: "Quick" },
        // By another name of this machine, which is not the emulator's.
        elsewhere: {
          provider: "openai",
          model: "emulated-small",
          base_url: emulator.openaiUrl.replace("127.0.0.1", "localhost"),
          api_key: emulator.openaiKey,
          input_price: 1000,
          output_price: 2000,
        },
        vectors: { provider: "bedrock", model: "amazon.titan-embed-text-v2:0", kind: "embedding" },
      },
    }),
  });
}, 60_000);
afterAll(() => stack?.close());
const { open, keep } = playgroundTabs(() => stack);

describe.skipIf(!BROWSER)("a conversation in the playground", () => {
  let tab: Playground;
  beforeAll(async () => {
    tab = await keep({ permissions: ["clipboard-read", "clipboard-write"] });
  });
  afterAll(() => tab?.close());

  const messagesSent = () => objectsIn(asObject(stack.lastUpstream().body).messages).map(({ role }) => role);
  const colourOf = (found: Locator) => found.evaluate((dot) => getComputedStyle(dot).backgroundColor);

  it("says whom the local emulator answers for, and shows no cost of it", async () => {
    const { page, ask } = tab;
    expect(await page.locator("#emulated").textContent()).toBe(
      "Local emulator for claude, nova: answers are made up, nothing is billed.",
    );
    expect(await figuresOf(await ask("Hello"))).not.toHaveProperty("Cost");
    await page.selectOption("#model", "elsewhere");
    expect((await figuresOf(await ask("Hello elsewhere"))).Cost).toMatch(/^\$0\.\d+$/);
  });

  it("is with one of the models that are shown as cards", async () => {
    const { page } = tab;
    await page.click("#compare");
    const cards = page.locator(".model-card");
    expect(await cards.locator("b").allTextContents()).toEqual(["auto", "claude", "nova", "elsewhere"]);
    const claude = await cards.nth(1).textContent();
    for (const fact of ["Careful", "tools", "200k context", "nothing billed", "bedrock in eu-west-1", SONNET])
      expect(claude).toContain(fact);
    const elsewhere = await cards.nth(3).textContent();
    for (const fact of ["$1000 / $2000 per M", "openai · emulated-small"]) expect(elsewhere).toContain(fact);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("elsewhere");
    await cards.nth(2).click();
    expect(await page.locator("#models-dialog").isVisible()).toBe(false);
    expect(await page.inputValue("#model")).toBe("nova");
    expect(await page.locator("#model-where").textContent()).toContain("us.amazon.nova-pro-v1:0");
  });

  it("can be answered anew by another model, once", async () => {
    const { page, ask, idle } = tab;
    expect(await (await ask("Who is there?")).locator("header").textContent()).toBe("nova");
    const answers = await page.locator(".answer").count();
    await page.selectOption(".retry select", "claude");
    await page.click(".retry button");
    await idle();
    expect(await page.locator(".answer").count()).toBe(answers);
    expect(await page.locator(".answer header").last().textContent()).toBe("claude");
    expect(await page.inputValue("#model")).toBe("nova");
    expect(await (await ask("And now?")).locator("header").textContent()).toBe("nova");
  });

  it("goes on from a question that was edited, without what followed it", async () => {
    const { page, idle } = tab;
    await page.locator(".question", { hasText: "Who is there?" }).locator("button").click();
    const field = page.locator(".editor textarea");
    expect(await field.inputValue()).toBe("Who is there?");
    await field.press("Escape");
    expect(await page.locator(".question .words", { hasText: "Who is there?" }).isVisible()).toBe(true);
    await page.locator(".question", { hasText: "Who is there?" }).locator("button").click();
    await field.fill("Who else is there?");
    await field.press("Enter");
    await idle();
    expect(await page.locator(".question .words").allTextContents()).toEqual([
      "Hello",
      "Hello elsewhere",
      "Who else is there?",
    ]);
    expect(await page.locator(".answer").count()).toBe(3);
    expect(messagesSent()).toEqual(["user", "assistant", "user", "assistant", "user"]);
  });

  it("takes a PDF along, and says no to other files", async () => {
    const { page, ask } = tab;
    await page.selectOption("#model", "claude");
    await page.setInputFiles("#files", [PDF, TEXT]);
    await page.locator("#attachments .pdf", { hasText: "report.pdf" }).waitFor();
    expect(await page.locator("#attach-note").textContent()).toMatch(/^notes\.txt is no PNG.+PDF/);
    await ask("What is in it?");
    expect(await page.locator(".question .pdf").textContent()).toBe("PDF report.pdf");
    expect(await page.locator("#attach-note").isVisible()).toBe(false);
    expect(JSON.stringify(stack.lastUpstream().body)).toContain(PDF.buffer.toString("base64"));
  });

  it("is there again after a reload, beside the tab's others, until it is deleted", async () => {
    const { page, ask, complaints } = tab;
    await page.click("#new-chat");
    await page.selectOption("#model", "auto");
    await ask("Another one");
    await ask("Fail [[fault: throttle 7]]");
    const thread = async () => ((await page.locator("#thread").textContent()) ?? "").replaceAll(/\s+/g, " ");
    const colours = async () => [
      await colourOf(page.locator(".answer header .dot").first()),
      await colourOf(page.locator(".speeds tbody .dot").first()),
    ];
    const before = { thread: await thread(), colours: await colours() };
    await page.reload();
    await page.locator("#model:enabled").waitFor();
    expect({ thread: await thread(), colours: await colours() }).toEqual(before);
    expect(before.thread).toContain("rate_limit_exceeded");
    const kept = page.locator("#conversations .kept");
    expect(await kept.allTextContents()).toEqual(["Another one", "Hello"]);
    expect(await kept.first().getAttribute("aria-current")).toBe("true");
    await kept.last().click();
    expect(await page.locator(".question").count()).toBe(4);
    expect(await page.locator(".question .pdf").count()).toBe(1);
    await ask("Still there?");
    expect(messagesSent()).toHaveLength(9);
    await page.click('#conversations [aria-label="Delete “Hello”"]');
    expect(await page.locator("#welcome").isVisible()).toBe(true);
    expect(await kept.allTextContents()).toEqual(["Another one"]);
    const others = await page.context().newPage();
    await others.goto(`${stack.url}/playground`);
    expect(await others.locator("#history").isVisible()).toBe(false);
    await others.close();
    expect(complaints.filter((text) => !text.includes("429"))).toEqual([]);
  });

  it("is copied for Anthropic's package, which asks the same", async () => {
    const { page, ask } = tab;
    await page.selectOption("#model", "claude");
    await page.check("#tools input[value=calculator]");
    await page.fill("#system", "Be brief");
    const asked = await ask("Use the calculator: what is (12.5 + 3) * 4?");
    await asked.locator(".actions button", { hasText: "Code" }).click();
    await page.click('#code-tabs button:has-text("Anthropic SDK")');
    await page.click("#code-copy");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    await page.keyboard.press("Escape");
    const before = asObject(stack.lastUpstream().body);
    const folder = await mkdtemp(join(tmpdir(), "playground-messages-"));
    try {
      await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
      await writeFile(join(folder, "ask.mts"), copied.replace("YOUR_KEY", CLIENT_KEY));
      const { stdout } = await run(process.execPath, ["--no-warnings", "ask.mts"], { cwd: folder });
      expect(stdout).toContain("62");
    } finally {
      await rm(folder, { recursive: true });
    }
    const after = asObject(stack.lastUpstream().body);
    const texts = (body: object) =>
      JSON.stringify(body).match(/Be brief|Use the calculator|tool_result|call_\w+|62/g);
    expect(texts(before)?.slice(0, 2)).toEqual(["Be brief", "Use the calculator"]);
    expect(texts(after)).toEqual(texts(before));
    expect(objectsIn(after.tools)).toEqual(objectsIn(before.tools));
  });
});

describe.skipIf(!BROWSER).each([
  ["desktop", "light", {}],
  ["desktop", "dark", {}],
  ["phone", "light", PHONE],
  ["phone", "dark", PHONE],
] as const)("the playground on a %s in %s", (device, colorScheme, options) => {
  it("has nothing that axe finds, whatever is open", async () => {
    const { page, ask } = await open({ ...options, colorScheme });
    const found: string[] = [];
    const look = async (state: string) => found.push(...(await problemsOf(page, state)));
    await look("welcome");
    await ask(
      `A table\n\n|  | ${"a column | ".repeat(14)}\n|${"---|".repeat(15)}\n| ${"cell | ".repeat(15)}\n\n> quote, \`code\` and [link](https://example.com)\n\n\`\`\`ts\n${"wide code ".repeat(40)}\n\`\`\``,
    );
    await ask("Fail [[fault: throttle 3]]");
    await page.setInputFiles("#files", [PDF, TEXT]);
    await page.locator("#attach-note:not(:empty)").waitFor();
    await page.fill("#prompt", "What is in it?");
    await page.locator("#route b").waitFor();
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    await page.locator(".question button").first().click();
    await look("conversation");
    if (device === "phone") await checkDrawer(page, () => look("drawer"));
    for (const [opener, dialog] of [
      ["#compare", "#models-dialog"],
      ["#code", "#code-dialog"],
    ] as const) {
      await page.click(opener);
      await look(dialog);
      await page.keyboard.press("Escape");
      expect(await page.locator(dialog).isVisible()).toBe(false);
    }
    if (device === "phone") await page.click("#menu");
    await page.click("#change-key");
    await look("#key-dialog");
    expect(found).toEqual([]);
  });
});

/** Opens the drawer, goes around in it by keyboard, and leaves it by Escape, its button, and the shade. */
async function checkDrawer(page: Page, look: () => Promise<unknown>): Promise<void> {
  const focused = () =>
    page.evaluate(() => {
      const { activeElement, body } = document;
      return activeElement === body
        ? "the browser"
        : (activeElement?.closest("#panel, main, header")?.id ?? "");
    });
  const drawer = page.locator("#panel");
  for (const leave of [
    () => page.keyboard.press("Escape"),
    () => page.locator("#close-panel").tap(),
    () => page.locator("#shade").tap({ position: { x: 385, y: 400 } }),
  ]) {
    await page.locator("#menu").tap();
    await drawer.locator("#system").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("close-panel");
    await leave();
    await drawer.waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("menu");
    expect(await page.getAttribute("#menu", "aria-expanded")).toBe("false");
  }
  await page.locator("#menu").tap();
  await drawer.locator("#system").waitFor();
  await look();
  const stops: string[] = [];
  for (let press = 0; press < 45; press += 1) {
    await page.keyboard.press("Tab");
    stops.push(await focused());
  }
  expect(new Set(stops)).toEqual(new Set(["panel", "the browser"]));
  await page.keyboard.press("Escape");
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe finds on the page as it is. */
async function problemsOf(page: Page, state: string): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, "utf8"));
  const result: unknown = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  const { violations, passes } = asObject(result);
  if (objectsIn(passes).length < 10) return [`${state}: axe has looked at nothing`];
  return objectsIn(violations).map(
    ({ id, nodes }) =>
      `${state}: ${String(id)} at ${objectsIn(nodes).map(({ html }) => String(html).slice(0, 120))}`,
  );
}
