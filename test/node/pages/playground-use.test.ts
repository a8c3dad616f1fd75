import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject } from "../../../emulator/json.ts";
import { CLIENT_KEY, type Stack } from "../../support/stack.ts";
import { BROWSER, playgroundTabs, startPlaygroundStack } from "./playground-page.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const run = promisify(execFile);

describe.skipIf(!BROWSER)("the playground", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startPlaygroundStack();
  }, 60_000);
  afterAll(() => stack?.close());
  const { open } = playgroundTabs(() => stack);

  describe("copies a request", () => {
    /** Whatever a shell or a language could take for its own. */
    const AWKWARD = `It's "quoted" $HOME \`id\` \\n \${x} #{y} ünï 🦞
second line`;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "playground-code-"));
      await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    });
    afterAll(() => rm(folder, { recursive: true }));

    /** The code of an awkward request, by the page's own clipboard. */
    const codeFor = async (language: string, model: string): Promise<string> => {
      const { page, ask } = await open({ permissions: ["clipboard-read", "clipboard-write"] });
      await page.selectOption("#model", model);
      await page.check("#tools input[value=calculator]");
      await page.fill("#system", "Be brief");
      await page.click("#panel .fold summary");
      await page.fill("#temperature", "0.5");
      const answer = await ask(AWKWARD);
      await answer.locator(".actions button", { hasText: "Code" }).click();
      await page.click(`#code-tabs button:has-text("${language}")`);
      const shown = await page.locator("#code-text").textContent();
      await page.click("#code-copy");
      await page.locator("#code-copy", { hasText: "Copied" }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied).toBe(shown);
      expect(copied).toContain("YOUR_KEY");
      expect(copied).not.toContain(CLIENT_KEY);
      return copied.replace("YOUR_KEY", CLIENT_KEY);
    };
    const sent = () => ({ ...asObject(stack.lastUpstream().body) });

    it("for curl, which sends the same", async () => {
      const command = await codeFor("curl", "gpt");
      const before = sent();
      const { stdout } = await run("bash", ["-c", command]);
      expect(stdout).toContain("data: [DONE]");
      expect(JSON.stringify(before)).toContain("second line");
      expect(sent()).toEqual(before);
    });

    it("for OpenAI's TypeScript package, which sends the same", async () => {
      const program = await codeFor("TypeScript", "gpt");
      const before = sent();
      await writeFile(join(folder, "ask.mts"), program);
      const { stdout } = await run(process.execPath, ["--no-warnings", "ask.mts"], { cwd: folder });
      expect(stdout).toContain("That is all the emulator knows.");
      expect(sent()).toEqual(before);
    });

    it("for OpenAI's Python package: the same request as its arguments", async (context) => {
      const program = await codeFor("Python", "gpt");
      // A stand-in for the package, which takes down what it is called with.
      await writeFile(
        join(folder, "openai.py"),
        `import json
from types import SimpleNamespace as Name
def create(**arguments):
    print(json.dumps(arguments))
    return [Name(choices=[]), Name(choices=[Name(delta=Name(content="answered"))])]
def OpenAI(base_url, api_key):
    print(json.dumps([base_url, api_key]))
    return Name(chat=Name(completions=Name(create=create)))
`,
      );
      await writeFile(join(folder, "ask.py"), program);
      const python = await run("python3", ["ask.py"], { cwd: folder }).catch((thrown: unknown) => {
        if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
        throw thrown;
      });
      if (!python) return context.skip("there is no python3");
      const [client = "", request = "", text] = python.stdout.split("\n");
      expect(JSON.parse(client)).toEqual([`${stack.url}/v1`, CLIENT_KEY]);
      const { model: _, ...upstream } = sent();
      expect(JSON.parse(request)).toMatchObject({ ...upstream, model: "gpt" });
      expect(text).toBe("answered");
    });

    it("for OpenClaw, with every model", async () => {
      const config = asObject(JSON.parse(await codeFor("OpenClaw", "nova")));
      expect(config).toMatchObject({
        models: {
          providers: {
            openclaw: { api: "openai-completions", baseUrl: `${stack.url}/v1`, apiKey: CLIENT_KEY },
          },
        },
        agents: { defaults: { model: { primary: "openclaw/nova" } } },
      });
      const { models } = asObject(asObject(asObject(config.models).providers).openclaw);
      expect(models).toEqual([
        { id: "auto", name: "OpenClaw Edge Router", contextWindow: 200_000 },
        expect.objectContaining({ id: "claude", input: ["text", "image"], contextWindow: 200_000 }),
        expect.objectContaining({ id: "nova", input: ["text", "image"] }),
        { id: "gpt", name: "gpt" },
        expect.objectContaining({ id: "far-sse" }),
        expect.objectContaining({ id: "far-ws" }),
      ]);
    });

    it("as it would be sent now", async () => {
      const { page } = await open();
      await page.fill("#prompt", "Not sent yet");
      await page.click("#code");
      expect(await page.locator("#code-text").textContent()).toContain("Not sent yet");
      expect(await page.locator(".question").count()).toBe(0);
    });
  });

  it("works by keyboard alone", async () => {
    const { page, idle } = await open({ fragment: "", ready: false });
    await page.locator("#key-dialog").waitFor();
    const { keyboard } = page;
    const focused = () =>
      page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent);
    await keyboard.type(CLIENT_KEY);
    await keyboard.press("Enter");
    await page.locator("#model:enabled").waitFor();
    expect(await focused()).toBe("prompt");
    await keyboard.type("First line");
    await keyboard.press("Shift+Enter");
    await keyboard.type("second line");
    await keyboard.press("Enter");
    await idle();
    expect(await page.locator(".question .words").textContent()).toBe("First line\nsecond line");
    expect(await page.inputValue("#prompt")).toBe("");
    await keyboard.press("Shift+Tab");
    expect(await focused()).toBe("↻ Retry");
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
    );
    expect(outline).toBe("solid");
    await keyboard.press("Enter");
    await idle();
    expect(await page.locator(".answer").count()).toBe(1);
    expect(await focused()).toBe("prompt");
    await page.focus("#code");
    await keyboard.press("Enter");
    await keyboard.press("ArrowRight");
    expect(await focused()).toBe("code-tab-1");
    expect(await page.locator("#code-text").textContent()).toContain("from openai import OpenAI");
    await keyboard.press("Escape");
    expect(await page.locator("#code-dialog").isVisible()).toBe(false);
    expect(await focused()).toBe("code");
    await page.focus("input[value=sse]");
    await keyboard.press("ArrowRight");
    expect(await page.isChecked("input[value=ws]")).toBe(true);
    await page.focus(".skip");
    await keyboard.press("Enter");
    expect(await focused()).toBe("prompt");
  });

  it("fits a phone", async () => {
    const { page, ask } = await open({ ...PHONE });
    const overflow = () =>
      page.evaluate(() => {
        const wide = [
          document.documentElement,
          ...document.querySelectorAll("#thread, #panel, main, .top, dialog[open]"),
        ];
        return wide
          .filter((element) => element.scrollWidth > element.clientWidth)
          .map((element) => `${element.tagName}#${element.id}`);
      });
    expect(await overflow()).toEqual([]);
    await ask(
      `Wide: ${"m".repeat(300)}\n\n| ${"a column | ".repeat(12)}\n|${"---|".repeat(12)}\n| ${"cell | ".repeat(12)}\n\n\`\`\`ts\n${"wide code ".repeat(40)}\n\`\`\`\n\nhttps://example.com/${"x".repeat(200)}`,
    );
    await page.locator(".why summary").tap();
    await ask("Fail [[fault: throttle]]");
    expect(await overflow()).toEqual([]);
    for (const control of ["#menu", "#model", "#code", "#new-chat", "#send"]) {
      const box = await page.locator(control).boundingBox();
      expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true);
      expect(box?.height).toBeGreaterThanOrEqual(36);
    }
    expect(await page.locator("#panel").isVisible()).toBe(false);
    await page.locator("#menu").tap();
    await page.locator("#system").waitFor();
    expect(await page.getAttribute("#menu", "aria-expanded")).toBe("true");
    await page.locator("#panel .fold summary").tap();
    await page.fill("#temperature", "1");
    expect(await overflow()).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator("#system").waitFor({ state: "hidden" });
    await page.locator("#code").tap();
    expect(await overflow()).toEqual([]);
  });

  it.each(["light", "dark"] as const)("can be read and told apart in %s", async (colorScheme) => {
    const { page, ask } = await open({ colorScheme });
    await page.check("#tools input[value=get_weather]");
    await ask("What is the weather in Oslo?");
    await ask("Some\n\n> quote, `code` and [link](https://example.com)\n\n```ts\ncode\n```");
    await ask("Fail [[fault: throttle 3]]");
    await page.click("#panel .fold summary");
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    await page.fill("#prompt", "Tell me of nova");
    await page.locator("#route b").waitFor();
    expect(await faintTexts(page)).toEqual([]);
    await page.click("#code");
    expect(await faintTexts(page)).toEqual([]);
  });

  it("names every control", async () => {
    const { page, ask } = await open();
    await page.setInputFiles("#files", { name: "a.png", mimeType: "image/png", buffer: Buffer.from("x") });
    await page.locator("#attachments button").waitFor();
    await ask("Hello");
    const unnamed = await page.evaluate(() =>
      [
        ...document.querySelectorAll<HTMLElement>(
          "button, input:not([hidden]), select, textarea, summary, dialog, [role]",
        ),
      ]
        .filter((element) => {
          const labels = "labels" in element && element.labels instanceof NodeList ? [...element.labels] : [];
          const by = (element.getAttribute("aria-labelledby") ?? "")
            .split(" ")
            .map((id) => document.getElementById(id));
          const texts = [...labels, ...by].map((label) => label?.textContent ?? "").join("");
          const own = element.matches("button, summary, [role=status], [role=alert]")
            ? element.textContent
            : "";
          const isLive = element.matches("[role=status], [role=alert], [role=tablist]");
          return !isLive && `${texts}${own}${element.getAttribute("aria-label") ?? ""}`.trim() === "";
        })
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect(unnamed).toEqual([]);
    const ids = await page.evaluate(() => [...document.querySelectorAll("[id]")].map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

/** Visible texts with less contrast to their ground than 4.5, WCAG 2.2's AA. */
function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Colour = [number, number, number, number];
    const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const parse = (text: string): Colour => {
      if (!context) throw new Error("no canvas");
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = text;
      context.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = context.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top: Colour, below: Colour): Colour => {
      const mix = (index: 0 | 1 | 2) => top[index] * top[3] + below[index] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const ground = (element: Element | null): Colour => {
      if (!element) return [255, 255, 255, 1];
      const own = parse(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, ground(element.parentElement));
    };
    const light = ([r, g, b]: Colour): number => {
      const [x = 0, y = 0, z = 0] = [r, g, b].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const open = document.querySelector("dialog[open]");
    const walker = document.createTreeWalker(open ?? document.body, NodeFilter.SHOW_TEXT);
    const faint: string[] = [];
    let seen = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (
        !element ||
        node.textContent?.trim() === "" ||
        !element.checkVisibility({ visibilityProperty: true })
      )
        continue;
      const style = getComputedStyle(element);
      const below = ground(element);
      const colour = over(parse(element instanceof SVGElement ? style.fill : style.color), below);
      const [dark = 0, bright = 0] = [light(colour), light(below)].sort((a, b) => a - b);
      const contrast = (bright + 0.05) / (dark + 0.05);
      seen += 1;
      if (contrast < 4.5) faint.push(`${node.textContent?.slice(0, 30)}: ${contrast.toFixed(2)}`);
    }
    if (seen < 5) faint.push(`only ${seen} texts seen`);
    return faint;
  });
}
