/** What a real client is to the tests: a program that is told something in words and does it, with tools of its own. */
import type { Step } from "../../../emulator/answer/plan.ts";
import type { Kit } from "../packages.ts";
import type { Place, Ran } from "../run.ts";

export type Call = Step["calls"][number];

/** Where the router is, and which of its models answers. */
export interface Router {
  /** Without `/v1`. */
  readonly url: string;
  readonly key: string;
  /** A configured name. */
  readonly model: string;
  /** The id of the response that a library goes on from. */
  readonly previous?: string;
}

export interface Program {
  readonly name: string;
  readonly kit: Kit;
  /** A call of the tool that runs a command in a shell, as a model makes it. */
  shell(command: string): Call;
  /** A call of the tool that looks at a picture; missing where it has none. */
  look?(file: string): Call;
  /**
   * Does what the words say, to the end.
   * @param folder Where its packages are installed.
   */
  tell(folder: string, place: Place, router: Router, words: string): Promise<Ran>;
  /** The same in the conversation before, in the same place; missing where it has no memory. */
  goOn?(folder: string, place: Place, router: Router, words: string): Promise<Ran>;
  /** The words that make it shorten its conversation. */
  readonly shorten?: string;
}
