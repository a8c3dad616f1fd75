/**
 * A model's Markdown → nodes that do nothing. Three nets, one behind the other: HTML in it stays text, what Markdown
 * makes is sanitised against a short list, and the page's content security policy forbids the rest.
 */
import DOMPurify from "dompurify";
import { Marked, type Token, type Tokens } from "marked";

const TAGS =
  "a blockquote br code del em h1 h2 h3 h4 h5 h6 hr img kbd li ol p pre strong sub sup table tbody td th thead tr ul";
const ATTRIBUTES = "align alt data-language href rel src start target title";
/** Marks without attributes, which models use inside tables and formulas. */
const HARMLESS_HTML = /^<(?:br ?\/?|\/?(?:sub|sup|kbd))>$/i;
const DATA_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i;
const LINK = /^(?:https?:|mailto:)/i;

const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ raw }) => (HARMLESS_HTML.test(raw.trim()) ? raw : escaped(raw)),
    // An image of another host would tell that host of its being looked at: it becomes a link.
    image: ({ href, text }) =>
      DATA_IMAGE.test(href)
        ? `<img src="${escaped(href)}" alt="${escaped(text)}">`
        : `<a href="${escaped(href)}">${escaped(text || "image")} ↗</a>`,
    // A heading without a word is none.
    tablecell({ header, align, text, tokens }: Tokens.TableCell) {
      const tag = header && text.trim() !== "" ? "th" : "td";
      const aligned = align ? ` align="${align}"` : "";
      return `<${tag}${aligned}>${this.parser.parseInline(tokens)}</${tag}>\n`;
    },
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    code({ text, lang }: Tokens.Code) {
      const language = /^[\w+#.-]{1,20}/.exec(lang ?? "")?.[0] ?? "";
      return `<pre data-language="${escaped(language)}" tabindex="0"><code>${escaped(text)}\n</code></pre>`;
    },
  },
});

const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node instanceof HTMLImageElement && !DATA_IMAGE.test(node.getAttribute("src") ?? "")) node.remove();
  // A wide table scrolls, by keyboard as well.
  if (node instanceof HTMLTableElement) node.tabIndex = 0;
  if (!(node instanceof HTMLAnchorElement)) return;
  // A relative link would lead around in the router.
  if (LINK.test(node.getAttribute("href") ?? "")) {
    node.rel = "noopener noreferrer";
    node.target = "_blank";
  } else node.removeAttribute("href");
});

/** The blocks of a text, in order; their `raw` are the text. */
export function blocksOf(text: string): Token[] {
  return marked.lexer(text);
}

/** Nodes for blocks, safe to be put anywhere. */
export function nodesOf(blocks: Token[]): DocumentFragment {
  return purifier.sanitize(marked.parser(blocks), {
    ALLOWED_TAGS: TAGS.split(" "),
    ALLOWED_ATTR: [...ATTRIBUTES.split(" "), "tabindex"],
    ALLOWED_URI_REGEXP: LINK,
    // Without this the rule for addresses would hold for them too.
    ADD_URI_SAFE_ATTR: ["align", "data-language", "start", "tabindex"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
