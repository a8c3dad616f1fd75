/** What Bedrock refuses in any request body. */

/**
 * The paths of null and undefined in a body; empty for one that Bedrock takes.
 * @param opaque Members that hold JSON of the client's own: a tool's input, schemas.
 */
export function emptyMembers(value: unknown, opaque: readonly string[] = [], path = "body"): string[] {
  if (value === null || value === undefined) return [path];
  if (typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    opaque.includes(key) ? [] : emptyMembers(inner, opaque, `${path}.${key}`),
  );
}

/** The texts that are not in a body in this order, one behind the other. */
export function missingInOrder(body: unknown, texts: readonly string[]): string[] {
  const json = JSON.stringify(body);
  let at = 0;
  return texts.filter((text) => {
    const found = json.indexOf(JSON.stringify(text).slice(1, -1), at);
    if (found !== -1) at = found + text.length;
    return found === -1;
  });
}
