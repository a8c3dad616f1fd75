/** Runs the emulator alone: `node emulator/main.ts [--port N] [--host ADDRESS] [--pace MS]`, or with PORT set. */
import { parseArgs } from "node:util";
import { startEmulator } from "./index.ts";

const { values } = parseArgs({
  options: { port: { type: "string" }, host: { type: "string" }, pace: { type: "string" } },
});

const port = wholeNumber("port", values.port ?? process.env.PORT ?? "4566");
const emulator = await startEmulator({
  port,
  ...(values.host !== undefined && { host: values.host }),
  ...(values.pace !== undefined && { paceMs: wholeNumber("pace", values.pace) }),
}).catch((thrown: unknown) => {
  console.error(`Nothing can listen on port ${port}: ${thrown instanceof Error ? thrown.message : thrown}`);
  process.exit(1);
});

const { url, credentials } = emulator;
console.log(`Emulated Amazon Bedrock, for .dev.vars:
AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${url}
AWS_ENDPOINT_URL_BEDROCK_MANTLE=${url}/mantle
AWS_ENDPOINT_URL_STS=${emulator.stsUrl}
AWS_ACCESS_KEY_ID=${credentials.accessKeyId}
AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}

In place of the two keys      AWS_BEARER_TOKEN_BEDROCK=${emulator.bearerToken}
OpenAI-compatible, with a key ${emulator.openaiUrl}   ${emulator.openaiKey}
  without                     ${emulator.localUrl}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void emulator.close().then(() => process.exit(0)));
}

function wholeNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  console.error(`--${name} wants a whole number, not "${text}".`);
  process.exit(2);
}
