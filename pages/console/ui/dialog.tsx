import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** In front of the page, until it is closed or Escape is pressed. */
export function Dialog({ title, close, children }: DialogProps) {
  const at = useRef<HTMLDialogElement>(null);
  // Before anything else can happen: an Escape that came a frame earlier would be lost.
  useLayoutEffect(() => at.current?.showModal(), []);
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
