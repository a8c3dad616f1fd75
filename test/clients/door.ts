/** A door before the router that counts what comes through it: how often a client asks, when, and what it is told. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  /** Of the answer. */
  readonly status: number;
  /** When the answer's head came, in milliseconds. */
  readonly at: number;
}

export interface Door {
  /** Without `/v1`. */
  readonly url: string;
  /** Every POST that was answered, in order. */
  readonly asked: readonly Asked[];
  close(): void;
}

/** @param router Its address, without `/v1`. */
export async function openDoor(router: string): Promise<Door> {
  const asked: Asked[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const call = request(new URL(url ?? "/", router), { method, headers }, (answer) => {
      const { statusCode: status = 502 } = answer;
      if (method === "POST") asked.push({ status, at: performance.now() });
      outgoing.writeHead(status, answer.headers);
      answer.pipe(outgoing);
    });
    // Either side's end is the other's, too.
    call.on("error", () => outgoing.destroy());
    outgoing.on("close", () => call.destroy());
    incoming.pipe(call);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("the door has no port");
}
