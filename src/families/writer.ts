/**
 * `family: writer`: Writer's Palmyra. `max_tokens` is always sent, because Bedrock's default is 16; the stream's last
 * chunk may be the string `"[DONE]"`, which the decoder reads over.
 */
import { palmyraModel } from "./catalogue/writer.ts";
import { chatFamily } from "./shared/chat/family.ts";

/** `family: writer`. */
export const writer = chatFamily("writer", palmyraModel);
