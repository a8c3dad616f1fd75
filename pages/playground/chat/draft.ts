/** The question that is being written, and the files that go with it. */
import { computed, signal } from "@preact/signals";
import type { Attachment } from "./attachment.ts";
import { attachmentOf } from "./files.ts";

export interface Draft {
  readonly text: string;
  readonly files: readonly Attachment[];
}

/** As it is typed. */
export const typed = signal("");
export const files = signal<readonly Attachment[]>([]);
/** Which files cannot be taken, and why. */
export const refused = signal("");

export const draft = computed<Draft>(() => ({ text: typed.value.trim(), files: files.value }));
export const isEmpty = computed(() => draft.value.text === "" && draft.value.files.length === 0);

export function clearDraft(): void {
  typed.value = "";
  refused.value = "";
  files.value = [];
}

/** Takes files along, of those that are chosen, pasted or dropped. */
export async function attach(chosen: Iterable<File>): Promise<void> {
  const problems: string[] = [];
  // A FileList is emptied when its field is.
  for (const file of [...chosen]) {
    try {
      const attachment = await attachmentOf(file);
      files.value = [...files.value, attachment];
    } catch (thrown) {
      problems.push(thrown instanceof Error ? thrown.message : `${file.name} could not be read.`);
    }
  }
  refused.value = problems.join(" ");
}

export function detach(file: Attachment): void {
  files.value = files.value.filter((other) => other !== file);
}
