/** What the router lets this page do: the key, and the models that it opens. */
import { computed, signal } from "@preact/signals";
import { ApiError } from "../lib/api.ts";
import { isOpen, listModels, type Model } from "./api/client.ts";
import { asApiError } from "./api/error.ts";
import { clientKey, setClientKey } from "./key.ts";

/** A new list whenever the router has let the page in, or the key was forgotten. */
export const models = signal<readonly Model[]>([]);
export const needsKey = signal(true);
/** Whether requests can be sent. */
export const ready = computed(() => models.value.length > 0);
/** What keeps the page from being let in. */
export const trouble = signal<ApiError | undefined>(undefined);
/** The key is asked for, and why again. */
export const asked = signal<{ readonly problem: string } | undefined>(undefined);

/** Enters with the key of this tab, or without one where the router is open, or asks for one. */
export async function start(): Promise<void> {
  try {
    if (clientKey.value === "" && !(await isOpen())) askForKey();
    else await enter(clientKey.value);
  } catch (thrown) {
    const error = asApiError(thrown);
    if (error.code === "invalid_api_key") askForKey(error.message);
    else trouble.value = error;
  }
}

export function askForKey(problem = ""): void {
  asked.value = { problem };
}

/** What is wrong with a key; undefined when the router took it. */
export async function tryKey(key: string): Promise<string | undefined> {
  const before = clientKey.value;
  setClientKey(key);
  try {
    await enter(key);
    return undefined;
  } catch (thrown) {
    setClientKey(before);
    return thrown instanceof ApiError ? thrown.message : "The page failed to ask the router.";
  }
}

export function forgetKey(): void {
  setClientKey("");
  models.value = [];
  void start();
}

/** Whether a request can be sent now; if not, the key is asked for. */
export function isReady(): boolean {
  if (!ready.value) askForKey();
  return ready.value;
}

async function enter(key: string): Promise<void> {
  models.value = await listModels(key);
  needsKey.value = key !== "";
  trouble.value = undefined;
}
