import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** In front of the page, until it is closed or Escape is pressed. */
export function Dialog({ title, close, children }: DialogProps) {
  const at = useRef<HTMLDialogElement>(null);
  useEffect(() => at.current?.showModal(), []);
  return (
    <dialog ref={at} aria-labelledby="dialog-title" onClose={close}>
      <h2 id="dialog-title">{title}</h2>
      {children}
      <button class="plain" type="button" onClick={() => at.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
