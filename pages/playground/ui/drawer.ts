/** On a narrow screen the panel is a drawer, and while it is open there is nothing else. */
import { byId } from "./dom.ts";

/** Binds the menu button, the drawer's own button, the shade behind it and Escape. */
export function drawer(): void {
  const menu = byId("menu", HTMLButtonElement);
  const close = byId("close-panel", HTMLButtonElement);
  const panel = byId("panel", HTMLElement);
  const shade = byId("shade", HTMLElement);
  const others = ["skip", "top", "main"].map((id) => byId(id, HTMLElement));
  const narrow = matchMedia("(max-width: 860px)");
  const isOpen = () => panel.classList.contains("open");

  const set = (open: boolean): void => {
    panel.classList.toggle("open", open);
    shade.hidden = !open;
    // What is inert takes no focus, so that Tab stays in the drawer.
    for (const other of others) other.inert = open;
    panel.role = open ? "dialog" : null;
    panel.ariaModal = open ? "true" : null;
    menu.setAttribute("aria-expanded", String(open));
  };
  const dismiss = (): void => {
    if (!isOpen()) return;
    set(false);
    menu.focus();
  };

  menu.addEventListener("click", () => {
    if (!narrow.matches) return;
    set(true);
    close.focus();
  });
  close.addEventListener("click", dismiss);
  shade.addEventListener("click", dismiss);
  narrow.addEventListener("change", () => set(false));
  // Before Escape stops an answer, it closes what lies over it.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !isOpen() || document.querySelector("dialog[open]")) return;
      event.stopPropagation();
      dismiss();
    },
    { capture: true },
  );
}

/** Closes the drawer where it is one: what was chosen in it is to be seen. */
export function closeDrawer(): void {
  byId("close-panel", HTMLButtonElement).click();
}
