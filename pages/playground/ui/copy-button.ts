import { copyFrom, h } from "./dom.ts";

/** A small button that copies what `text` gives. */
export function copyButton(text: () => string): HTMLElement {
  const button = h("button", { type: "button", class: "link" }, "Copy");
  button.addEventListener("click", () => void copyFrom(button, text()));
  return button;
}

/** Puts a frame with the language and a copy button around each block of code. */
export function frameCode(within: HTMLElement): void {
  for (const block of within.querySelectorAll("pre")) {
    const language = h("span", {}, block.getAttribute("data-language") ?? "");
    const frame = h("div", { class: "code" });
    block.replaceWith(frame);
    frame.append(
      h(
        "div",
        { class: "code-head" },
        language,
        copyButton(() => block.textContent),
      ),
      block,
    );
  }
}
