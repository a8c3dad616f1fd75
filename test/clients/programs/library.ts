/**
 * An SDK as a program: a script that does what an agent does, with a tool `shell` for commands and `look` for pictures. It is copied
 * into the folder of its packages, so that it imports them as any program does, and is given URL, KEY, MODEL and, where it is to go on from a response, PREVIOUS.
 */
import { randomUUID } from "node:crypto";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Kit } from "../packages.ts";
import { runProgram } from "../run.ts";
import type { Program } from "./program.ts";

interface Library {
  readonly name: string;
  readonly kit: Kit;
  /** A file in this folder. */
  readonly script: string;
  /** What the script is told beside URL, KEY and MODEL. */
  readonly env?: Readonly<Record<string, string>>;
  /** False: the results of its tools are text alone. */
  readonly looks?: boolean;
}

export function library({ name, kit, script, env = {}, looks = true }: Library): Program {
  return {
    name,
    kit,
    shell: (command) => ({ name: "shell", input: { command } }),
    ...(looks && { look: (file: string) => ({ name: "look", input: { file } }) }),
    tell(folder, place, { url, key, model, previous }, words) {
      const program = join(folder, script);
      // In one step: another run may be reading it, and half a script ends well and says nothing.
      const draft = `${program}.${randomUUID()}`;
      copyFileSync(join(import.meta.dirname, script), draft);
      renameSync(draft, program);
      const router = {
        URL: url,
        KEY: key,
        MODEL: model,
        ...(previous !== undefined && { PREVIOUS: previous }),
      };
      return runProgram(process.execPath, [program, words], place, { ...env, ...router });
    },
  };
}
