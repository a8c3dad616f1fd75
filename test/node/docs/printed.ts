/** Compares what an example printed with what its page shows; `…` on the page stands for anything. */

const ANYTHING = "…";

/** Members whose number differs from run to run. */
const VARYING: ReadonlySet<string> = new Set(["created"]);

/** Whether a text is what the page shows, apart from white space at its ends and carriage returns. */
export function isShown(printed: string, shown: string): boolean {
  const parts = shown.trim().split(ANYTHING).map(RegExp.escape);
  return new RegExp(`^${parts.join("[^]*?")}$`).test(printed.replaceAll("\r", "").trim());
}

/** Whether a JSON value is the one that the page shows: no member more or less. */
export function isShownJson(printed: unknown, shown: unknown, key = ""): boolean {
  if (typeof shown === "string")
    return shown === ANYTHING || (typeof printed === "string" && isShown(printed, shown));
  if (typeof shown === "number" && VARYING.has(key)) return typeof printed === "number";
  if (Array.isArray(shown)) {
    return (
      Array.isArray(printed) &&
      printed.length === shown.length &&
      shown.every((item, at) => isShownJson(printed[at], item))
    );
  }
  if (typeof shown !== "object" || shown === null) return printed === shown;
  if (typeof printed !== "object" || printed === null) return false;
  const members = new Map<string, unknown>(Object.entries(printed));
  const wanted = Object.entries(shown);
  return (
    members.size === wanted.length &&
    wanted.every(([name, value]) => members.has(name) && isShownJson(members.get(name), value, name))
  );
}
