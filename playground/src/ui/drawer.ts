/** On a narrow screen the panel is a drawer. */
import { byId } from "./dom.ts";

/** Binds the menu button, the shade behind the drawer and Escape. */
export function drawer(): void {
  const menu = byId("menu", HTMLButtonElement);
  const panel = byId("panel", HTMLElement);
  const shade = byId("shade", HTMLElement);
  const main = byId("main", HTMLElement);
  const narrow = matchMedia("(max-width: 860px)");

  const set = (open: boolean): void => {
    const shown = open && narrow.matches;
    panel.classList.toggle("open", shown);
    shade.hidden = !shown;
    main.inert = shown;
    menu.setAttribute("aria-expanded", String(shown));
    if (shown) panel.querySelector<HTMLElement>("input, textarea, select")?.focus();
  };

  menu.addEventListener("click", () => set(!panel.classList.contains("open")));
  shade.addEventListener("click", () => set(false));
  narrow.addEventListener("change", () => set(false));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.classList.contains("open")) return;
    event.stopPropagation();
    set(false);
    menu.focus();
  });
}
