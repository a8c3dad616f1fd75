// What every decoding proxy does at least: read each chunk in JavaScript. Nothing is handed on but an end.
export default {
  fetch: async (request, env) => {
    const upstream = await fetch(env.UPSTREAM + new URL(request.url).searchParams.get("path"), {
      method: "POST",
      body: await request.text(),
    });
    const reader = upstream.body.getReader();
    while (!(await reader.read()).done);
    return new Response("done");
  },
};
