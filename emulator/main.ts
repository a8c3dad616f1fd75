/** Runs the emulator alone: `node emulator/main.ts [--port N] [--host ADDRESS] [--pace MS]`, or with PORT set. */
import { parseArgs } from "node:util";
import { startEmulator } from "./index.ts";

const { values } = parseArgs({
  options: { port: { type: "string" }, host: { type: "string" }, pace: { type: "string" } },
});

const emulator = await startEmulator({
  port: wholeNumber("port", values.port ?? process.env.PORT ?? "4566"),
  ...(values.host !== undefined && { host: values.host }),
  ...(values.pace !== undefined && { paceMs: wholeNumber("pace", values.pace) }),
});

console.log(`Emulated Amazon Bedrock   ${emulator.url}`);
console.log(`  AWS_ACCESS_KEY_ID         ${emulator.credentials.accessKeyId}`);
console.log(`  AWS_SECRET_ACCESS_KEY     ${emulator.credentials.secretAccessKey}`);
console.log(`  AWS_BEARER_TOKEN_BEDROCK  ${emulator.bearerToken}`);
console.log(`AWS STS                   ${emulator.stsUrl}`);
console.log(`OpenAI-compatible         ${emulator.openaiUrl}   key ${emulator.openaiKey}`);
console.log(`  without a key             ${emulator.localUrl}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void emulator.close().then(() => process.exit(0)));
}

function wholeNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  console.error(`--${name} wants a whole number, not "${text}".`);
  process.exit(2);
}
