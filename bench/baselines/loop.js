// What a plain JavaScript proxy does: read a chunk, await its write, no decoding.
export default {
  fetch: async (request, env) => {
    const upstream = await fetch(env.UPSTREAM + new URL(request.url).searchParams.get("path"), {
      method: "POST",
      body: await request.text(),
    });
    const { readable, writable } = new IdentityTransformStream();
    const pump = async () => {
      const reader = upstream.body.getReader();
      const writer = writable.getWriter();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        await writer.write(value);
      }
      await writer.close();
    };
    pump().catch(() => {});
    return new Response(readable, { headers: { "content-type": "text/event-stream" } });
  },
};
