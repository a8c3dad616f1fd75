import type { Attachment } from "../chat/attachment.ts";
import { detach, files } from "../chat/draft.ts";
import { focusPrompt } from "./focus.ts";

/** The files of the question that is being written. */
export function Attachments() {
  if (files.value.length === 0) return null;
  return (
    <ul id="attachments" class="attachments" aria-label="Attached files">
      {files.value.map((file, index) => {
        const name = file.kind === "image" ? `image ${index + 1}` : file.name;
        return (
          <li key={index}>
            <Picture file={file} name={name} />
            <button
              type="button"
              aria-label={`Remove ${name}`}
              onClick={() => {
                detach(file);
                focusPrompt();
              }}
            >
              ×
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** An image, or a PDF by its name: nothing of it is opened in the page. */
export function Picture({ file, name }: { readonly file: Attachment; readonly name: string }) {
  if (file.kind === "image") return <img src={file.url} alt={`Attached ${name}`} />;
  return (
    <span class="pdf">
      <b>PDF</b> {file.name}
    </span>
  );
}
