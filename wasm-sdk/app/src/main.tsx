/** The application starts. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/data.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { start } from "./session.ts";
import { followTheme } from "./theme.ts";

followTheme();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
void start();
