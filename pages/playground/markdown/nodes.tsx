/**
 * A model's Markdown → elements that do nothing. Three nets, one behind the other: HTML in it stays text, elements are made
 * one by one from what is known here and never read from a text, and the page's content security policy forbids the rest.
 */
import { lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { type ComponentChild, h, type VNode } from "preact";
import { CopyButton } from "../../lib/copy-button.tsx";
import { decoded } from "./entities.ts";

/** Deeper in each other than a page can be: shown as it was written. */
const MAX_DEPTH = 40;
/** Marks without attributes, which models use inside tables and formulas. */
const MARK = /^<(\/?)(sub|sup|kbd)>$/i;
const BREAK = /^<br ?\/?>$/i;
const DATA_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i;
const LINK = /^(?:https?:|mailto:)/i;
const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;
const KNOWN: ReadonlySet<string> = new Set<MarkedToken["type"]>([
  ...(["blockquote", "br", "checkbox", "code", "codespan", "def", "del", "em", "escape", "heading"] as const),
  ...(["hr", "html", "image", "link", "list", "list_item", "paragraph", "space", "strong"] as const),
  ...(["table", "text"] as const),
]);

/** The blocks of a text, in order; their `raw` are the text. */
export function blocksOf(text: string): Token[] {
  try {
    return lexer(text, { gfm: true });
  } catch {
    // So deep in each other that the parser's stack ends: as it was written.
    return [{ type: "unread", raw: text }];
  }
}

/** Elements for blocks. @param first The key of the first: the others count up */
export function nodesOf(blocks: readonly Token[], first = 0): VNode[] {
  const seen = blocks.filter(({ type }) => type !== "space" && type !== "def");
  return seen.map((block, index) => <Block key={first + index} block={block} depth={0} />);
}

interface BlockProps {
  readonly block: Token;
  /** Of how many others it is a part. */
  readonly depth: number;
}

function Block({ block, depth }: BlockProps): ComponentChild {
  if (!isKnown(block) || depth > MAX_DEPTH) return <p>{block.raw}</p>;
  const below = depth + 1;
  switch (block.type) {
    case "paragraph":
      return <p>{spans(block.tokens, below)}</p>;
    case "heading":
      return h(HEADINGS[block.depth - 1] ?? "h6", null, spans(block.tokens, below));
    case "code":
      return <Code text={`${block.text}\n`} language={/^[\w+#.-]{1,20}/.exec(block.lang ?? "")?.[0] ?? ""} />;
    case "blockquote":
      return <blockquote>{inside(block.tokens, below)}</blockquote>;
    case "list":
      return h(
        block.ordered ? "ol" : "ul",
        block.ordered && block.start !== 1 ? { start: block.start } : null,
        block.items.map(({ tokens }) => <li>{inside(tokens, below)}</li>),
      );
    case "table":
      return <Table of={block} depth={below} />;
    case "hr":
      return <hr />;
    case "html":
      return <p>{block.raw}</p>;
    default:
      return spans([block], below);
  }
}

/** What a list's item or a quotation holds: blocks, and in a tight list words without a paragraph. */
function inside(tokens: readonly Token[], depth: number): ComponentChild[] {
  const seen = tokens.filter(({ type }) => type !== "space" && type !== "def");
  return seen.map((block) => <Block block={block} depth={depth} />);
}

function Code({ text, language }: { readonly text: string; readonly language: string }) {
  return (
    <div class="code">
      <div class="code-head">
        <span>{language}</span>
        <CopyButton text={() => text} />
      </div>
      <pre data-language={language} tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

/** A wide one scrolls, by keyboard as well. */
function Table({ of: { header, rows }, depth }: { readonly of: Tokens.Table; readonly depth: number }) {
  return (
    <table tabIndex={0}>
      <thead>
        <tr>{header.map((cell) => cellOf(cell, depth))}</tr>
      </thead>
      {rows.length > 0 && (
        <tbody>
          {rows.map((row) => (
            <tr>{row.map((cell) => cellOf(cell, depth))}</tr>
          ))}
        </tbody>
      )}
    </table>
  );
}

function cellOf({ header, align, text, tokens }: Tokens.TableCell, depth: number): ComponentChild {
  // A heading without a word is none.
  return h(header && text.trim() !== "" ? "th" : "td", align ? { align } : null, spans(tokens, depth));
}

/** The words of a paragraph, with marks whose ends are tokens of their own. */
function spans(tokens: readonly Token[], depth: number): ComponentChild[] {
  const open: { readonly tag: string; readonly outside: ComponentChild[] }[] = [];
  let nodes: ComponentChild[] = [];
  const close = (): void => {
    const mark = open.pop();
    if (!mark) return;
    mark.outside.push(h(mark.tag, null, nodes));
    nodes = mark.outside;
  };
  for (const token of tokens) {
    const [mark, slash, name = ""] = (token.type === "html" && MARK.exec(token.raw)) || [];
    const tag = name.toLowerCase();
    if (mark === undefined || depth + open.length > MAX_DEPTH) nodes.push(spanOf(token, depth));
    else if (slash === "") {
      open.push({ tag, outside: nodes });
      nodes = [];
    } else {
      // With it ends what was begun in it.
      const at = open.findLastIndex((one) => one.tag === tag);
      while (at >= 0 && open.length > at) close();
    }
  }
  while (open.length > 0) close();
  return nodes;
}

function spanOf(token: Token, depth: number): ComponentChild {
  if (!isKnown(token) || depth > MAX_DEPTH) return token.raw;
  const below = depth + 1;
  switch (token.type) {
    case "text":
      return token.tokens ? spans(token.tokens, below) : decoded(token.text);
    case "escape":
      return token.text;
    case "strong":
    case "em":
    case "del":
      return h(token.type, null, spans(token.tokens, below));
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "html":
      return BREAK.test(token.raw) ? <br /> : token.raw;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "link":
      return <Link of={token}>{token.autolink ? token.text : spans(token.tokens, below)}</Link>;
    case "image":
      return <Image of={token} />;
    default:
      return <Block block={token} depth={below} />;
  }
}

interface LinkProps {
  readonly of: { readonly href: string; readonly title?: string | null; readonly autolink?: boolean };
  readonly children: ComponentChild;
}

/** One that would lead around in the router leads nowhere. */
function Link({ of: { href, title, autolink = false }, children }: LinkProps) {
  const address = autolink ? href : decoded(href);
  return (
    <a
      href={LINK.test(address) ? address : undefined}
      title={title ? decoded(title) : undefined}
      target="_blank"
      rel="noopener noreferrer"
    >
      {children}
    </a>
  );
}

/** An image of another host would tell that host of its being looked at: it becomes a link. */
function Image({ of }: { readonly of: Tokens.Image }) {
  const text = decoded(of.text);
  return DATA_IMAGE.test(of.href) ? (
    <img src={of.href} alt={text} />
  ) : (
    <Link of={of}>{`${text || "image"} ↗`}</Link>
  );
}

function isKnown(token: Token): token is MarkedToken {
  return KNOWN.has(token.type);
}
