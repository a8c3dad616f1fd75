/** The content of a Responses item: a text, or a list of typed parts. */
import type { ContentPart } from "../../../chat/request.ts";
import { invalid, isUnset, listAt, objectAt, optionalText, textAt } from "../../fields.ts";

/** Far above what honest clients send. */
const MOST_PARTS = 10_000;

/** @throws RouterError `invalid_value` naming the part, `unsupported_content` for files that only OpenAI holds */
export function contentParts(content: unknown, param: string): ContentPart[] {
  if (isUnset(content)) return [];
  if (typeof content === "string") return [{ type: "text", text: content, param }];
  if (!Array.isArray(content)) throw invalid(param, "expected a string or a list of parts");
  return listAt(content, param, MOST_PARTS).map((entry, index) => part(entry, `${param}[${index}]`));
}

function part(entry: unknown, param: string): ContentPart {
  const value = objectAt(entry, param);
  const type = textAt(value.type, `${param}.type`);
  switch (type) {
    case "input_text":
    case "output_text":
    case "summary_text":
    case "reasoning_text":
    case "text":
      return { type: "text", text: textAt(value.text, `${param}.text`), param };
    case "refusal":
      return { type: "text", text: textAt(value.refusal, `${param}.refusal`), param };
    case "input_image":
      if (isUnset(value.image_url))
        throw invalid(`${param}.image_url`, "send the image as a data URL or a link: files stay with OpenAI");
      return { type: "image_url", url: textAt(value.image_url, `${param}.image_url`), param };
    case "input_file":
      return file(value, param);
    default:
      return { type: "other", kind: type, param };
  }
}

function file(value: { readonly [key: string]: unknown }, param: string): ContentPart {
  const data = optionalText(value.file_data, `${param}.file_data`);
  const url = optionalText(value.file_url, `${param}.file_url`);
  const id = optionalText(value.file_id, `${param}.file_id`);
  const filename = optionalText(value.filename, `${param}.filename`);
  return {
    type: "file",
    ...(data !== undefined && { data }),
    ...(url !== undefined && { url }),
    ...(id !== undefined && { id }),
    ...(filename !== undefined && { filename }),
    param,
  };
}
