import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject } from "../../../emulator/json.ts";
import { CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import {
  BROWSER,
  figuresOf,
  firstSight,
  type Playground,
  playgroundTabs,
  SONNET,
  startPlaygroundStack,
} from "./playground-page.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
/** Would take half a minute. */
const LONG = "[[pace 10]] [[repeat 3000 word]]";

/** Between which parts of its width, 0 to 1, each colour is on a canvas. */
function drawnIn(canvas: Locator, colours: readonly string[]): Promise<{ first: number; last: number }[]> {
  return canvas.evaluate((element, wanted) => {
    if (!(element instanceof HTMLCanvasElement)) throw new Error("no canvas");
    const { width, height } = element;
    const pixels = element.getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
    return wanted.map((colour) => {
      const [r, g, b] = colour.match(/\d+/g)?.map(Number) ?? [];
      const found = Array.from({ length: width * height }, (_, at) => at).filter(
        (at) =>
          pixels[4 * at] === r &&
          pixels[4 * at + 1] === g &&
          pixels[4 * at + 2] === b &&
          pixels[4 * at + 3] === 255,
      );
      const across = found.map((at) => (at % width) / width);
      return { first: Math.min(...across), last: Math.max(...across) };
    });
  }, colours);
}

describe.skipIf(!BROWSER)("the playground", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startPlaygroundStack();
  }, 60_000);
  afterAll(() => stack?.close());
  const { open } = playgroundTabs(() => stack);
  const bodySent = () => asObject(stack.lastUpstream().body);

  describe.each(["sse", "ws"])("over %s", (transport) => {
    const openOver = async (): Promise<Playground> => {
      const opened = await open();
      await opened.page.check(`input[value=${transport}]`);
      return opened;
    };

    it("streams an answer and shows its figures", async () => {
      const { page, send, idle, requested, complaints } = await openOver();
      await page.selectOption("#model", "claude");
      const growing = firstSight(page, ".answer[aria-busy] .md", "You asked");
      await send("[[pace 200]] Say **hello** to the edge");
      expect(await growing).toContain("Stop");
      await idle();
      const answer = page.locator(".answer");
      expect(await answer.locator(".md").textContent()).toContain(
        'You asked: "Say hello to the edge" That is all the emulator knows.',
      );
      expect(await answer.locator(".md strong").textContent()).toBe("hello");
      expect(await answer.locator("header").textContent()).toBe("claude");
      const figures = await figuresOf(answer);
      expect(figures).toMatchObject({ Strategy: "named", Attempts: "1" });
      expect(figures["First token"]).toMatch(/^[\d.]+ m?s$/);
      expect(Number(figures["Tokens/s"])).toBeGreaterThan(0);
      expect(figures.Tokens).toMatch(/^\d+ → \d+$/);
      // What the list says of this Claude, for a few tokens.
      expect(figures.Cost).toMatch(/^\$0\.00\d+$/);
      expect(await page.locator("#status").textContent()).toContain("That is all the emulator knows.");
      expect(requested.some((url) => url.startsWith("ws:"))).toBe(transport === "ws");
      expect(complaints).toEqual([]);
    });

    it.each(["claude", "gpt"])("keeps the conversation with %s", async (model) => {
      const { page, ask } = await openOver();
      await page.selectOption("#model", model);
      await page.fill("#system", "Be brief");
      await ask("My name is Ada");
      await ask("What is my name?");
      const sent = JSON.stringify(bodySent());
      for (const part of [
        "Be brief",
        "My name is Ada",
        "That is all the emulator knows.",
        "What is my name?",
      ])
        expect(sent).toContain(part);
    });

    it("runs the model's tool calls in the page, up to the answer", async () => {
      const { page, ask } = await openOver();
      await page.check("#tools input[value=get_weather]");
      await page.click("#panel .fold summary");
      await page.selectOption("#tool_choice", "required");
      const answer = await ask("What is the weather in both Oslo and Rome?");
      const tools = page.locator(".tool");
      expect(await tools.count()).toBe(2);
      expect(await tools.first().textContent()).toContain('{"city":"Oslo"}');
      const result = await tools.last().locator("dd").last().textContent();
      expect(result).toMatch(/"city":"Rome","temperature_celsius":-?\d+/);
      expect(await answer.textContent()).toContain('The tool answered: "{"city":"Oslo"');
      expect(await page.locator(".answer").count()).toBe(2);
    });

    it("is stopped by Escape: what came stays, and the upstream ends", async () => {
      const { page, send, idle, ask } = await openOver();
      const before = stack.emulator.requests.length;
      await send(LONG);
      await page.locator(".md", { hasText: "word word word" }).waitFor();
      await page.keyboard.press("Escape");
      await idle();
      const record = await eventually(() => stack.emulator.requests[before]);
      await eventually(() => record.outcome === "aborted-by-client");
      expect(await page.locator(".answer .notes").textContent()).toContain("Stopped");
      expect(await page.locator(".answer .md").textContent()).toContain("word word");
      const next = await ask("And now?");
      expect(await next.locator(".md").textContent()).toContain('You asked: "And now?" That is all');
    });

    it.each([
      ["before the answer", "throttle 7", "rate_limit_exceeded", ""],
      ["in the middle of it", "cut", "upstream_truncated", "You asked"],
    ])("tells of a failure %s", async (_, fault, code, partial) => {
      const { page, ask } = await openOver();
      const answer = await ask(`Hello there, my friend [[fault: ${fault}]]`);
      const error = answer.locator(".error");
      expect(await error.locator("code").textContent()).toBe(code);
      expect(await error.textContent()).toContain("claude");
      expect(await error.locator(".advice").textContent()).toMatch(/retry/i);
      expect(await answer.locator(".md").textContent()).toContain(partial);
      if (transport === "sse")
        expect(await error.locator(".facts").textContent()).toMatch(/req_[0-9a-f]{32}/);
      expect(await page.locator("#prompt").isEnabled()).toBe(true);
    });

    it("asks again on Retry, with the settings of now", async () => {
      const { page, ask, idle } = await openOver();
      await page.selectOption("#model", "claude");
      await ask("First");
      const failed = await ask(`Second [[fault: flaky-1.${transport}:throttle]]`);
      expect(await failed.locator(".error").count()).toBe(1);
      await page.fill("#system", "Be brief");
      await page.click(".retry button");
      await idle();
      expect(await page.locator(".answer").count()).toBe(2);
      expect(await page.locator(".question").count()).toBe(2);
      expect(await page.locator(".answer .error").count()).toBe(0);
      expect(bodySent().messages).toHaveLength(3);
      expect(JSON.stringify(bodySent().system)).toContain("Be brief");
    });
  });

  it("takes a WebSocket's answer up again where its connection broke", async () => {
    const { page, send, idle } = await open();
    let dropped = 0;
    await page.routeWebSocket(/\/v1\/chat\/ws/, (client) => {
      const server = client.connectToServer();
      let frames = 0;
      server.onMessage((message) => {
        client.send(message);
        frames += 1;
        if (dropped < 2 && frames === 6) {
          dropped += 1;
          void server.close();
          void client.close();
        }
      });
    });
    await page.check("input[value=ws]");
    await send("[[pace 15]] [[repeat 40 word]]");
    await idle();
    expect(dropped).toBe(2);
    expect((await page.locator(".answer .md").textContent())?.trim()).toBe("word ".repeat(40).trim());
    expect(await page.locator(".notes").textContent()).toContain("nothing is missing");
    expect(await page.locator(".answer .error").count()).toBe(0);
  });

  it("offers the router's models and says what each is", async () => {
    const { page, ask } = await open();
    expect(await page.locator("#model option").allTextContents()).toEqual([
      "auto",
      "claude",
      "nova",
      "gpt",
      "far-sse",
      "far-ws",
    ]);
    await page.selectOption("#model", "nova");
    expect(await page.locator("#model-about").textContent()).toBe("Quick");
    expect(await page.locator("#model-facts").textContent()).toMatch(/tools.*images.*context/);
    const answer = await ask("Hi");
    expect(await answer.locator("header").textContent()).toBe("nova");
    expect(await answer.locator(".why").count()).toBe(0);
  });

  it.each(["sse", "ws"])(
    "explains auto while one writes, and at the answer what was decided, over %s",
    async (transport) => {
      const { page, send, idle, requested } = await open();
      await page.check(`input[value=${transport}]`);
      const route = page.locator("#route");
      await page.fill("#prompt", `Tell me of nova stars by ${transport}`);
      await route.locator("b", { hasText: "nova" }).waitFor();
      expect(await route.textContent()).toContain("rules: router.rules[0] matched");
      const asked = (words: string) =>
        stack.emulator.requests.filter(({ body }) => JSON.stringify(body).includes(words));
      expect(asked(`nova stars by ${transport}`)).toEqual([]);
      const guesses = () => requested.filter((url) => url.includes("/v1/route")).length;
      const before = guesses();
      await send(`Tell me of nova stars by ${transport}`);
      await idle();
      expect(await route.isHidden()).toBe(true);
      const why = page.locator(".answer .why");
      expect(await why.evaluate((details: HTMLDetailsElement) => details.open)).toBe(false);
      await why.locator("summary").click();
      expect(await why.textContent()).toContain('the keyword "nova"');
      expect(await why.locator("li").allTextContents()).toEqual([
        expect.stringMatching(/^novaanswered in \d+ ms$/),
      ]);
      expect(await figuresOf(page.locator(".answer"))).toMatchObject({ Strategy: "rules" });
      // The answer itself has told it: nobody was asked again.
      expect(guesses()).toBe(before);
    },
  );

  it.each(["sse", "ws"])("shows every attempt where more than one was made, over %s", async (transport) => {
    const { page, ask } = await open();
    await page.check(`input[value=${transport}]`);
    const model = `far-${transport}`;
    await page.selectOption("#model", model);
    const answer = await ask("Who is there?");
    expect(await answer.locator("header").textContent()).toBe(model);
    await answer.locator(".why summary").click();
    expect(await answer.locator(".why p").textContent()).toBe("named – The request names it.");
    expect(await answer.locator(".why li").allTextContents()).toEqual([
      expect.stringMatching(`^${model} \\(eu-west-3\\)bedrock_region_unsupported after \\d+ ms$`),
      expect.stringMatching(`^${model} \\(us-east-1\\)answered in \\d+ ms$`),
    ]);
    expect(await answer.locator(".why .first").textContent()).toContain("us-east-1");
  });

  it("folds the reasoning away", async () => {
    const { page, ask } = await open();
    await page.click("#panel .fold summary");
    await page.selectOption("#reasoning_effort", "low");
    const answer = await ask("How far is it?");
    const reasoning = answer.locator(".reasoning");
    expect(await reasoning.evaluate((details: HTMLDetailsElement) => details.open)).toBe(false);
    expect(await reasoning.locator("summary").textContent()).toMatch(/^Reasoning · [\d.]+ m?s$/);
    await reasoning.locator("summary").click();
    expect(await reasoning.locator(".thought").textContent()).toBe(
      "The user says: How far is it? A short answer will do.",
    );
    expect(await answer.locator(".md").textContent()).not.toContain("A short answer will do");
  });

  it("sends the parameters that are set and no others", async () => {
    const { page, ask } = await open();
    await page.selectOption("#model", "gpt");
    await ask("Plain");
    expect(Object.keys(bodySent()).sort()).toEqual(["messages", "model", "stream", "stream_options"]);
    await page.click("#panel .fold summary");
    const typed = { temperature: "0.5", top_p: "0.9", max_tokens: "200", seed: "7", stop: "END\nFIN" };
    for (const [name, value] of Object.entries(typed)) await page.fill(`#${name}`, value);
    expect(await page.locator("#parameter-count").textContent()).toBe("5 set");
    await ask("Set");
    const expected = { temperature: 0.5, top_p: 0.9, max_tokens: 200, seed: 7, stop: ["END", "FIN"] };
    expect(bodySent()).toMatchObject(expected);
    await page.reload();
    await page.locator("#model:enabled").waitFor();
    expect(await page.inputValue("#temperature")).toBe("0.5");
    expect(await page.inputValue("#model")).toBe("gpt");
    await page.click("#panel .fold summary");
    await page.click("#reset-parameters");
    await ask("Unset");
    expect(bodySent()).not.toHaveProperty("temperature");
  });

  it("says which parameters the model could not honour", async () => {
    const { page, ask } = await open();
    await page.selectOption("#model", "claude");
    await page.click("#panel .fold summary");
    await page.fill("#seed", "7");
    const answer = await ask("Hi");
    expect(await answer.locator(".note").textContent()).toContain("seed");
  });

  it("attaches an image, by file and by paste", async () => {
    const { page, ask } = await open();
    await page.setInputFiles("#files", { name: "dot.png", mimeType: "image/png", buffer: PNG });
    await page.locator("#attachments img").waitFor();
    await page.evaluate((base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
      const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      document.querySelector("#prompt")?.dispatchEvent(paste);
    }, PNG.toString("base64"));
    await page.locator("#attachments img").nth(1).waitFor();
    const answer = await ask("What is on them?");
    expect(await answer.locator(".md").textContent()).toContain(
      `I see 2 images: image/png, ${PNG.length} bytes; image/png, ${PNG.length} bytes.`,
    );
    expect(await page.locator(".question img").count()).toBe(2);
    expect(await page.locator("#attachments").isHidden()).toBe(true);
  });

  it("draws the speed of each model, and remembers it", async () => {
    const { page, ask } = await open();
    expect(await page.locator("#speed").textContent()).toContain("Each answer adds a point");
    for (const model of ["claude", "nova", "nova"]) {
      await page.selectOption("#model", model);
      await ask("[[pace 5]] Say hello to the edge");
    }
    const plots = page.locator("#speed .plot");
    expect(await plots.count()).toBe(2);
    const table = page.locator(".speeds tbody");
    const colours = await table
      .locator(".dot")
      .evaluateAll((dots) => dots.map((dot) => getComputedStyle(dot).backgroundColor));
    for (const plot of await plots.all()) {
      expect(await plot.getAttribute("aria-label")).toMatch(
        / of the last 3 answers; the table has the medians\.$/,
      );
      const [claude, nova] = await drawnIn(plot.locator("canvas"), colours);
      // One point on the left, and a line from the middle to the right.
      expect(claude?.last).toBeLessThan(nova?.first ?? 0);
      expect(claude?.last).toBeLessThan(0.4);
      expect(nova?.first).toBeLessThan(0.7);
      expect(nova?.last).toBeGreaterThan(0.9);
    }
    expect(await table.locator("th").allTextContents()).toEqual(["claude", "nova"]);
    expect(await table.locator("td:nth-child(2)").allTextContents()).toEqual(["1", "2"]);
    await page.reload();
    expect(await plots.count()).toBe(2);
    await page.click("#clear-speed");
    expect(await plots.count()).toBe(0);
  });

  it("tells the cost where the router tells its prices", async () => {
    const { page, ask } = await open({ ready: false, fragment: "" });
    await page.route("**/v1/models", async (route) => {
      const response = await route.fetch();
      const list = asObject(await response.json());
      const data = Array.isArray(list.data) ? list.data : [];
      const priced = data.map((entry) => ({ ...asObject(entry), input_price: 3, output_price: 15 }));
      await route.fulfill({ response, json: { ...list, data: priced } });
    });
    await page.fill("#key", CLIENT_KEY);
    await page.press("#key", "Enter");
    await page.locator("#model:enabled").waitFor();
    const figures = await figuresOf(await ask("Say hello to the edge"));
    const [input = 0, output = 0] = (figures.Tokens ?? "").split(" → ").map(Number);
    expect(Number(figures.Cost?.slice(1))).toBeCloseTo((3 * input + 15 * output) / 1e6, 5);
  });

  it("makes only the newest block of a growing answer anew", async () => {
    const { page, send, idle } = await open();
    const blocks = Array.from({ length: 12 }, (_, index) => `Paragraph ${index} of some words`);
    const marked = firstSight(page, ".answer[aria-busy] .md p:nth-of-type(4)", "Paragraph");
    const later = firstSight(page, ".answer[aria-busy] .md p:nth-of-type(9)", "Paragraph");
    await send(`[[pace 25]] Repeat:\n\n${blocks.join("\n\n")}`);
    await Promise.all([marked, later]);
    // The mark that the first sight left on the first paragraph was there at the second.
    expect(await later).toContain("seen before");
    await idle();
    expect(await page.locator(".md > p").count()).toBe(13);
  });

  it("shows a long answer whole", async () => {
    const { ask } = await open();
    const answer = await ask("[[repeat 6000 word]]");
    expect((await answer.locator(".md").textContent())?.trim()).toBe("word ".repeat(6000).trim());
  });

  it("starts over with a new chat, also in the middle of an answer", async () => {
    const { page, send, ask } = await open();
    await send(LONG);
    await page.locator(".md", { hasText: "word word" }).waitFor();
    await page.click("#new-chat");
    expect(await page.locator(".question, .answer").count()).toBe(0);
    expect(await page.locator("#welcome").isVisible()).toBe(true);
    await page.locator("#send", { hasText: "Send" }).waitFor();
    await page.selectOption("#model", "gpt");
    await ask("Fresh");
    expect(bodySent().messages).toHaveLength(1);
  });

  it("begins with an example at a click, its tool ticked", async () => {
    const { page, idle } = await open();
    await page.click("#samples button:has-text('calculator')");
    await idle();
    expect(await page.locator(".tool code").first().textContent()).toBe("calculator");
    expect(await page.isChecked("#tools input[value=calculator]")).toBe(true);
  });

  describe("with a router that needs no key", () => {
    let own: Stack;
    beforeAll(async () => {
      own = await startStack({
        emulator: stack.emulator,
        bindings: ({ url, credentials }) => ({
          AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          ROUTER_AUTH: "none",
        }),
        config: () => ({
          router: { strategy: "llm", model: "judge" },
          llms: {
            judge: { provider: "bedrock", model: SONNET },
            nova: { provider: "bedrock", model: "us.amazon.nova-pro-v1:0" },
          },
        }),
      });
    }, 60_000);
    afterAll(() => own?.close());

    it("asks for none, and for the router model only when told to", async () => {
      const { page, ask } = await open({ fragment: "" }, own);
      expect(await page.locator("#key-dialog").isVisible()).toBe(false);
      expect(await page.locator("#key-state").textContent()).toBe("No key needed");
      const before = stack.emulator.requests.length;
      await page.fill("#prompt", "Whom shall I ask?");
      await page.locator("#route", { hasText: "would be asked" }).waitFor();
      expect(stack.emulator.requests.length).toBe(before);
      await page.click("#route button");
      await page.locator("#route button").waitFor({ state: "detached" });
      expect(stack.emulator.requests.length).toBe(before + 1);
      expect(await (await ask("Hello")).locator(".figures").textContent()).toContain("llm");
      await page.click("#code");
      expect(await page.locator("#code-text").textContent()).not.toContain("YOUR_KEY");
    });
  });
});
