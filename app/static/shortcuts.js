// Keys that do what buttons do: listed under "?", and off where the person turned them off.
const form = document.getElementById("item");
const dialog = document.getElementById("shortcuts");
const help = document.querySelector("[data-help]");
const press = (selector) => form.querySelector(selector)?.click();
const choose = (index) => {
  const radio = form.querySelectorAll("input[name=option]")[index];
  if (radio && !radio.disabled) { radio.click(); radio.focus(); }
};
const onItem = {
  1: () => choose(0), 2: () => choose(1), 3: () => choose(2), 4: () => choose(3),
  a: () => choose(0), b: () => choose(1), c: () => choose(2), d: () => choose(3),
  n: () => press("[data-next]"), p: () => press("[data-previous]"),
  f: () => press("[data-flag]"), m: () => press("[data-review]"),
};

export function startShortcuts(sayTime) {
  const anywhere = { l: () => document.querySelector("[data-language]")?.click(), t: sayTime, "?": () => dialog.showModal() };
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("textarea, dialog, input:not([type=radio])");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    const act = anywhere[key] ?? (form.hidden ? undefined : onItem[key]);
    if (act) { event.preventDefault(); act(); }
  });
}
