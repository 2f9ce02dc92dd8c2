import { byId } from "./dom.js";

const themes = ["system", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");

/** startTheme applies the theme that was chosen last, and has the button choose the next one. */
export function startTheme() {
  let chosen = stored();
  const button = byId("theme");
  const apply = () => {
    document.documentElement.dataset.theme = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
    button.textContent = `Theme: ${chosen}`;
    dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => {
    chosen = themes[(themes.indexOf(chosen) + 1) % themes.length];
    store(chosen);
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}

function stored() {
  try {
    const theme = localStorage.getItem("cnncalc-theme") ?? "";
    return themes.includes(theme) ? theme : "system";
  } catch {
    return "system"; // a browser may refuse storage
  }
}

/** @param {string} theme */
function store(theme) {
  try {
    localStorage.setItem("cnncalc-theme", theme);
  } catch {
    // it is for this visit only
  }
}
