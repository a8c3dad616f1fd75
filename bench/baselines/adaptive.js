// The router's plumbing without its decoding: chunks that come within 2 ms of each other leave in one write.
const BURST_MS = 2;

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
  let pending = [];
  let writing;
  let timer;
  let lastReadAt = 0;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (writing || pending.length === 0) return;
    const bytes = joined(pending);
    pending = [];
    writing = writer.write(bytes).then(() => {
      writing = undefined;
      if (timer === undefined) flush();
    });
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pending.push(value);
    const now = Date.now();
    if (now - lastReadAt > BURST_MS) flush();
    else timer ??= setTimeout(flush, BURST_MS);
    lastReadAt = now;
  }
  while (pending.length > 0 || writing) {
    flush();
    await writing;
  }
  await writer.close();
}

function joined(chunks) {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
