/** The console: see console.html for the page, state.ts for what it knows. */
import { render } from "preact";
import { poll } from "./state.ts";
import { App } from "./ui/app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("console.html has no #app");
render(<App />, root);
poll();
