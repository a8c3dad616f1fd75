import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CROSS, Icon } from "./icon.tsx";

/** What is to be typed, or what is chosen so far. */
const FIRST = 'input, [aria-current="true"], [aria-selected="true"]';

interface DialogProps {
  readonly id?: string;
  readonly title: string;
  /** Default: as long as it is on the page. */
  readonly open?: boolean;
  /** It is wide, and a click beside it closes it: nothing in it can be lost. */
  readonly large?: boolean;
  /** Called once it has been closed, by whatever. */
  readonly closed: () => void;
  readonly children: ComponentChildren;
}

/** In front of the page, until it is closed or Escape is pressed. Focus is then again where it was. */
export function Dialog({ id = "dialog", title, open = true, large = false, closed, children }: DialogProps) {
  const at = useRef<HTMLDialogElement>(null);
  // Before anything else can happen: an Escape that came a frame earlier would be lost.
  useLayoutEffect(() => {
    if (!open) at.current?.close();
    else if (!at.current?.open) {
      at.current?.showModal();
      at.current?.querySelector<HTMLElement>(FIRST)?.focus();
    }
  }, [open]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does it by keyboard
    <dialog
      ref={at}
      id={id}
      class={large ? "large" : undefined}
      aria-labelledby={`${id}-title`}
      onClose={closed}
      onClick={({ target, currentTarget }) => large && target === currentTarget && currentTarget.close()}
    >
      <div class="row">
        <h2 id={`${id}-title`}>{title}</h2>
        <button class="icon" type="button" aria-label="Close" onClick={() => at.current?.close()}>
          <Icon d={CROSS} />
        </button>
      </div>
      {children}
    </dialog>
  );
}
