/** The playground: see playground.html for the page, app.ts for the conversation. */
import { App } from "./app.ts";
import { SAMPLES } from "./chat/samples.ts";
import { loadSettings } from "./chat/settings.ts";
import { takeFromAddress } from "./key.ts";
import { Session } from "./session.ts";
import { CodeDialog } from "./ui/code-dialog.ts";
import { byId, h } from "./ui/dom.ts";
import { drawer } from "./ui/drawer.ts";
import { showEmulated } from "./ui/emulated.ts";
import { modelsDialog } from "./ui/models-dialog.ts";
import { offerTool, panel } from "./ui/panel.ts";
import { speedPanel } from "./ui/speed-panel.ts";

const settings = loadSettings();
const speed = speedPanel();
const settingsPanel = panel(settings, () => app.changed());
const session = new Session((models) => {
  settingsPanel.setModels(models);
  showEmulated(models);
  byId("compare", HTMLButtonElement).disabled = models.length === 0;
  speed.draw();
  app.reconnect();
});
const app = new App({ settings, session, code: new CodeDialog(), speed });

const cards = modelsDialog((id) => settingsPanel.choose(id));
byId("compare", HTMLButtonElement).addEventListener("click", () =>
  cards.show(session.models, settings.model),
);

byId("samples", HTMLElement).append(
  ...SAMPLES.map(({ text, tool }) => {
    const onclick = (): void => {
      if (tool !== undefined) offerTool(tool);
      app.submit(text);
    };
    return h("li", {}, h("button", { type: "button", onclick }, text));
  }),
);
byId("code", HTMLButtonElement).addEventListener("click", () => app.showCode());
byId("new-chat", HTMLButtonElement).addEventListener("click", () => app.newChat());
addEventListener("hashchange", () => {
  if (takeFromAddress() !== undefined) location.reload();
});
drawer();
speed.draw();
void session.start();
