/** Elements without templates: nothing here takes HTML text. */

type Attribute = string | number | boolean | undefined | ((event: Event) => void);
type Child = Node | string | undefined;

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element. Attributes are set as written, `true` as an empty one, `false` and undefined not at all; functions
 * listen to the event of their name (`onclick`).
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill<T extends Element>(
  element: T,
  attributes: Readonly<Record<string, Attribute>>,
  children: readonly Child[],
): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The page's element with that id. @throws Error where playground.html does not have it */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`playground.html has no ${type.name} #${id}`);
}

/** An icon of 20 by 20, drawn with one line. */
export function icon(path: string): SVGSVGElement {
  return svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: path }));
}

/** Tells people who do not see the page. */
export function announce(text: string): void {
  byId("status", HTMLElement).textContent = text;
}

const COPIED_MS = 1500;

/** Copies, and says so on the button for a moment. */
export async function copyFrom(button: HTMLElement, text: string): Promise<void> {
  button.dataset.label ??= button.textContent;
  const { label } = button.dataset;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copy refused";
  }
  announce(button.textContent);
  setTimeout(() => {
    button.textContent = label ?? "";
  }, COPIED_MS);
}
