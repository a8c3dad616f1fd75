/** Reads at most `maxBytes` of a body as text and lets go of the rest, so that the connection is free again. */
export async function readLimited(response: Response, maxBytes: number): Promise<string> {
  if (!response.body) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      const part = value.subarray(0, maxBytes - size);
      size += part.byteLength;
      text += decoder.decode(part, { stream: true });
      if (size >= maxBytes) break;
    }
  } catch {
    // The upstream broke off while it explained an error: what came is what there is.
    return text;
  }
  await reader.cancel().catch(() => {});
  return text;
}
