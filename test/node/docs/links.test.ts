/** Links between the pages lead somewhere. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, readPages } from "./pages.ts";

const FENCED = /^```.*?^```$/gms;
const LINK = /\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"/g;

/** A heading's anchor on GitHub. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

function anchorsOf(text: string): string[] {
  return [...text.replace(FENCED, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
}

/** What is wrong with a link; undefined when it leads somewhere. */
function broken(from: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(ROOT, file))) return `${link}: there is no ${file}`;
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  const anchors = anchorsOf(readFileSync(join(ROOT, file), "utf8"));
  return anchors.includes(anchor) ? undefined : `${link}: ${file} has no such heading`;
}

describe.each(readPages())("$file", ({ file, text }) => {
  it("has no broken link", () => {
    const links = [...text.replace(FENCED, "").matchAll(LINK)].map(([, link, image = ""]) => link ?? image);
    expect(links.flatMap((link) => broken(file, link) ?? [])).toEqual([]);
  });
});

it("anchors are GitHub's", () => {
  expect(["IAM policy", "`POST /v1/route`", "Tools: what's new?"].map(anchorOf)).toEqual([
    "iam-policy",
    "post-v1route",
    "tools-whats-new",
  ]);
  expect(broken("README.md", "docs/nothing.md")).toMatch(/there is no/);
  expect(broken("README.md", "#no-such-heading")).toMatch(/no such heading/);
  expect(broken("README.md", "#licence")).toBeUndefined();
});
