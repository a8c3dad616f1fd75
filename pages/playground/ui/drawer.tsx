/** On a narrow screen the panel is a drawer, and while it is open there is nothing else. */
import { signal } from "@preact/signals";
import { createRef } from "preact";
import { Icon } from "../../lib/icon.tsx";
import { focusSoon } from "./focus.ts";

export const drawerOpen = signal(false);

const narrow = matchMedia("(max-width: 860px)");
const menu = createRef<HTMLButtonElement>();
/** The drawer's own button. */
export const closeButton = createRef<HTMLButtonElement>();

narrow.addEventListener("change", () => {
  drawerOpen.value = false;
});

/** Closes it where it is one, and gives the focus back. */
export function closeDrawer(): void {
  if (!drawerOpen.value) return;
  drawerOpen.value = false;
  focusSoon(() => menu.current);
}

export function MenuButton() {
  const open = () => {
    if (!narrow.matches) return;
    drawerOpen.value = true;
    focusSoon(() => closeButton.current);
  };
  return (
    <button
      ref={menu}
      id="menu"
      class="icon narrow-only"
      type="button"
      aria-label="Settings and speed"
      aria-expanded={drawerOpen.value}
      aria-controls="panel"
      onClick={open}
    >
      <Icon d="M3 6h14M3 10h14M3 14h14" />
    </button>
  );
}

/** Over all else; a click on it closes the drawer, as its button and Escape do. */
export function Shade() {
  if (!drawerOpen.value) return null;
  return (
    <button
      id="shade"
      class="shade"
      type="button"
      tabIndex={-1}
      aria-label="Close the settings"
      onClick={closeDrawer}
    />
  );
}
