/**
 * `family: writer`: Writer's Palmyra. `max_tokens` is always sent, because Bedrock's default is 16; the stream's last
 * chunk may be the string `"[DONE]"`, which the decoder reads over.
 */
import { chatFamily } from "./index.ts";

/** `family: writer`. */
export const writer = chatFamily("writer");
