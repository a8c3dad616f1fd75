// The floor: the upstream's body handed on natively.
export default {
  fetch: async (request, env) => {
    const upstream = await fetch(env.UPSTREAM + new URL(request.url).searchParams.get("path"), {
      method: "POST",
      body: await request.text(),
    });
    return new Response(upstream.body, { headers: { "content-type": "text/event-stream" } });
  },
};
