/** What `npm start` says once the router answers. */
import type { Upstream } from "./upstreams.ts";

export interface Greeting {
  /** Of the router. */
  readonly url: string;
  /** Why the router listens elsewhere than asked for; undefined where it does as asked. */
  readonly portNote: string | undefined;
  readonly upstreams: readonly Upstream[];
  /** The key made for this machine; undefined where the owner's are used. */
  readonly key: string | undefined;
  /** Nobody needs a key. */
  readonly open: boolean;
  /** There is an admin's key. */
  readonly admin: boolean;
}

const EMULATED = [
  "    The local emulator makes up its answers and bills nothing. For Bedrock itself: AWS credentials in .dev.vars or the",
  "    environment (of a profile: docs/bedrock.md#credentials).",
];

export function greeting(facts: Greeting): string {
  const { url, open, admin, key, portNote } = facts;
  // A fragment never leaves the browser, so the key gets into no log; the page takes it out of the address bar at once.
  const fragment = key !== undefined && !open ? `#key=${encodeURIComponent(key)}` : "";
  const auth = open ? "" : ` \\\n    -H 'authorization: Bearer ${key ?? "YOUR_KEY"}'`;
  const head = [
    ["OpenClaw Edge Router", `${url}/v1${portNote === undefined ? "" : ` (${portNote})`}`],
    ["Playground", `${url}/playground${fragment}`],
    ...(admin ? [["Console", `${url}/console (with your ROUTER_ADMIN_KEY)`]] : []),
    ["Client key", open ? "none needed (ROUTER_AUTH)" : (key ?? "one of your ROUTER_API_KEYS")],
  ];
  return `
${head.map(([name = "", value]) => `  ${name.padEnd(22)} ${value}`).join("\n")}

  Models
${modelLines(facts.upstreams).join("\n")}

  Try it:

  curl -N ${url}/v1/chat/completions${auth} \\
    -H 'content-type: application/json' \\
    -d '{"model":"auto","stream":true,"messages":[{"role":"user","content":"Say hello to the edge"}]}'

  Each request is a line below. A change of the configuration is taken up at once. Ctrl-C stops it.
`;
}

/** Each model with who answers it in truth, and a word where that costs money. */
export function modelLines(upstreams: readonly Upstream[]): string[] {
  const widest = Math.max(...upstreams.map(({ name }) => name.length));
  const lines = upstreams.map(
    ({ name, model, where, billed }) =>
      `    ${name.padEnd(widest)}  ${model}, ${where}${billed ? "  $" : ""}`,
  );
  if (upstreams.some(({ emulated }) => emulated)) lines.push("", ...EMULATED);
  if (upstreams.some(({ billed }) => billed)) lines.push("", "    Calls of a model with a $ cost money.");
  return lines;
}
