/** The pages of the browser's sessions, and the server that they come from. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";

export interface PageServer {
  /** Of its pages. */
  readonly origin: string;
  /** The same server by another name, which makes it another origin. */
  readonly otherOrigin: string;
  /** Answers the requests that wait. */
  release(): void;
  close(): Promise<void>;
}

/** Serves an empty page on any free port of 127.0.0.1; a POST waits until it is released. */
export async function startPageServer(): Promise<PageServer> {
  const held = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.method === "POST") held.add(response);
    else response.setHeader("content-type", "text/html").end("<!doctype html><title>Sessions</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    otherOrigin: `http://localhost:${port}`,
    release() {
      for (const response of held) response.end();
      held.clear();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** What a page's socket has heard. `open` says the subprotocol, `close` the reason. */
export interface Heard {
  readonly kind: "open" | "message" | "close";
  readonly text: string;
  /** Of a close. */
  readonly code: number;
}

/** A socket in a page. */
export interface PageSocket {
  send(data: string | number[]): void;
  close(): void;
  /** Takes its frame out of the page, as a tab is closed. */
  drop(): void;
  /** All since the last time; waits for something. */
  heard(): Promise<Heard[]>;
}

/** Connects. Runs in the browser, so it uses nothing from outside. */
export function connectInPage([url, protocols]: readonly [string, string[]]): PageSocket {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  const view = frame.contentDocument?.defaultView;
  if (!view) throw new Error("no frame");
  const socket = new view.WebSocket(url, protocols);
  let queue: Heard[] = [];
  let wake = () => {};
  const hear = (kind: Heard["kind"], text: string, code = 0) => {
    queue.push({ kind, text, code });
    wake();
  };
  socket.onopen = () => hear("open", socket.protocol);
  socket.onmessage = ({ data }) => hear("message", String(data));
  socket.onclose = ({ code, reason }) => {
    hear("close", reason, code);
    frame.remove();
  };
  return {
    send: (data) => socket.send(typeof data === "string" ? data : new Uint8Array(data)),
    close: () => socket.close(1000),
    drop() {
      frame.remove();
      // Nothing is heard any more.
      hear("close", "", 1006);
    },
    async heard() {
      if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      // What comes in the same moment is told at once: telling costs more than hearing.
      await new Promise((resolve) => setTimeout(resolve, 10));
      const all = queue;
      queue = [];
      return all;
    },
  };
}

/** Waits for the server without running anything else, messages of sockets included. Runs in the browser. */
export function blockPage(): void {
  setTimeout(() => {
    const request = new XMLHttpRequest();
    request.open("POST", "/", false);
    request.send();
  });
}
