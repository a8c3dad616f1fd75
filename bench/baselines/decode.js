// The least JavaScript that turns frames into events: no checksums, no limits, no errors, no model but Claude.
const BURST_MS = 2;
const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const START =
  '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"claude","choices":[{"index":0,';

export default {
  fetch: async (request, env) => {
    const upstream = await fetch(env.UPSTREAM + new URL(request.url).searchParams.get("path"), {
      method: "POST",
      body: await request.text(),
    });
    const { readable, writable } = new IdentityTransformStream();
    pump(upstream.body.getReader(), writable.getWriter()).catch(() => {});
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  },
};

async function pump(reader, writer) {
  let pending = "";
  let writing;
  let timer;
  let lastReadAt = 0;
  let rest = new Uint8Array(0);
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (writing || pending === "") return;
    const bytes = encoder.encode(pending);
    pending = "";
    writing = writer.write(bytes).then(() => {
      writing = undefined;
      if (timer === undefined) flush();
    });
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const bytes = rest.length === 0 ? value : joined(rest, value);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    let at = 0;
    while (bytes.length - at >= PRELUDE_BYTES && bytes.length - at >= view.getUint32(at)) {
      const end = at + view.getUint32(at);
      const text = textOf(bytes.subarray(at + PRELUDE_BYTES + view.getUint32(at + 4), end - CRC_BYTES));
      if (text !== undefined) {
        pending += `data: ${START}"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]}\n\n`;
      }
      at = end;
    }
    rest = bytes.subarray(at);
    if (pending === "") continue;
    const now = Date.now();
    if (now - lastReadAt > BURST_MS) flush();
    else timer ??= setTimeout(flush, BURST_MS);
    lastReadAt = now;
  }
  pending += "data: [DONE]\n\n";
  while (pending !== "" || writing) {
    flush();
    await writing;
  }
  await writer.close();
}

function textOf(payload) {
  const { bytes } = JSON.parse(decoder.decode(payload));
  return JSON.parse(decoder.decode(Uint8Array.fromBase64(bytes))).delta?.text;
}

function joined(first, second) {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
