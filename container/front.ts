/**
 * Serves the pages beside the router where Cloudflare's static assets do not: files of a disk service, with the headers that
 * `_headers` gives them there. What is no page goes to the router.
 */

import type { PageFile, Pages } from "./pages.ts";

interface Router {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
}

interface Env {
  /** The disk service. */
  readonly PAGES: Fetcher;
}

/** As Cloudflare's assets: kept by browsers, asked for again each time. */
const CACHE = "public, max-age=0, must-revalidate";

/** The pages and the router as one Worker. */
export function front(router: Router, pages: Pages): ExportedHandler<Env> {
  return {
    fetch(request, env, context) {
      if (request.method !== "GET" && request.method !== "HEAD") return router.fetch(request, env, context);
      const { pathname, search } = new URL(request.url);
      const page = own(pages.files, pathname);
      if (page !== undefined) return servePage(request, env.PAGES, page);
      const path = own(pages.redirects, pathname);
      if (path !== undefined)
        return new Response(null, { status: 307, headers: { location: path + search } });
      return router.fetch(request, env, context);
    },
  };
}

async function servePage(request: Request, disk: Fetcher, page: PageFile): Promise<Response> {
  const headers = { ...page.headers, etag: page.etag, "cache-control": CACHE };
  if (request.headers.get("if-none-match") === page.etag) return new Response(null, { status: 304, headers });
  const { method } = request;
  const { body, ok, status } = await disk.fetch(`http://disk/${page.file}`, { method });
  if (!ok) return new Response(`The page ${page.file} cannot be read: ${status}.\n`, { status: 500 });
  return new Response(body, { headers: { ...headers, "content-type": page.type } });
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
