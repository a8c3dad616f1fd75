// The least JavaScript that turns frames into events: no checksums, no limits, no errors, one frame in a chunk.
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
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (writing || pending === "") return;
    const bytes = encoder.encode(pending);
    pending = "";
    writing = writer.write(bytes).then(() => {
      writing = undefined;
      flush();
    });
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const text = textOf(value);
    if (text === undefined) continue;
    pending += `data: ${START}"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]}\n\n`;
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

function textOf(frame) {
  const headers = new DataView(frame.buffer, frame.byteOffset).getUint32(4);
  const payload = decoder.decode(frame.subarray(PRELUDE_BYTES + headers, -CRC_BYTES));
  const event = JSON.parse(decoder.decode(Uint8Array.fromBase64(JSON.parse(payload).bytes)));
  return event.delta?.text;
}
