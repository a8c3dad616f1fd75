import { useSignal } from "@preact/signals";
import { announce } from "./status.tsx";

const SAID_MS = 1500;

interface CopyButtonProps {
  readonly id?: string;
  readonly class?: string;
  /** What is copied, asked for at that time. */
  readonly text: () => string;
}

/** Copies, and says so on itself for a moment. */
export function CopyButton({ id, class: look = "link", text }: CopyButtonProps) {
  const said = useSignal("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      said.value = "Copied";
    } catch {
      said.value = "Copy refused";
    }
    announce(said.value);
    setTimeout(() => {
      said.value = "Copy";
    }, SAID_MS);
  };
  return (
    <button id={id} class={look} type="button" onClick={() => void copy()}>
      {said.value}
    </button>
  );
}
