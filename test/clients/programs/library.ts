/**
 * An SDK as a program: a script that does what an agent does, with a tool `shell` for commands and `look` for pictures. It is copied
 * into the folder of its packages, so that it imports them as any program does, and is given URL, KEY, MODEL and, where it is to go on from a response, PREVIOUS.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Kit } from "../packages.ts";
import { runProgram } from "../run.ts";
import type { Program } from "./program.ts";

/** @param script A file in this folder. */
export function library(name: string, kit: Kit, script: string): Program {
  return {
    name,
    kit,
    shell: (command) => ({ name: "shell", input: { command } }),
    look: (file) => ({ name: "look", input: { file } }),
    tell(folder, place, { url, key, model, previous }, words) {
      const program = join(folder, script);
      copyFileSync(join(import.meta.dirname, script), program);
      const env = { URL: url, KEY: key, MODEL: model, ...(previous !== undefined && { PREVIOUS: previous }) };
      return runProgram(process.execPath, [program, words], place, env);
    },
  };
}
