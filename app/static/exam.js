// The exam page: saves each answer at once, runs the clock, listens to shortcuts.
// Without this file the page's plain form does the whole exam.
import { startClock } from "./clock.js";
import { Saver } from "./saver.js";

const form = document.getElementById("item");
const announce = document.querySelector("[data-announce]");
const say = (text) => { announce.textContent = ""; requestAnimationFrame(() => { announce.textContent = text; }); };

const state = document.querySelector("[data-save-state]");
const saver = new Saver({
  url: form.dataset.save,
  position: Number(form.dataset.position),
  seq: Number(form.dataset.seq),
  token: form.elements.csrf_token.value,
  onState: (name) => {
    state.textContent = state.dataset[name];
    state.classList.toggle("save-state--failed", !["saving", "saved"].includes(name));
  },
  onSaved: (answer) => clock?.take(answer),
});

const clock = startClock({
  box: document.querySelector("[data-clock]"),
  timeUrl: form.dataset.time,
  say,
  pattern: announce.dataset.left,
  hidden: form.dataset.clockHidden === "true",
  onToggle: (hidden) => preference("clock_hidden", hidden),
  onEnd: async () => {
    await saver.flush(3000);
    document.getElementById("time-up").submit();
  },
});

for (const radio of form.querySelectorAll("input[name=option]")) {
  radio.addEventListener("change", () => {
    const option = radio.closest(".option");
    option.classList.remove("option--struck"); // as the server does: a chosen option is not struck
    option.querySelector("[data-strike]")?.setAttribute("aria-pressed", "false");
    saver.send({ option_id: radio.value });
  });
}

// Toggles work in place; the form's own buttons stay the way without JavaScript.
form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-flag]")) {
    event.preventDefault();
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    button.value = on ? "unflag" : "flag";
    saver.send({ flagged: on });
  } else if (button.matches("[data-strike]")) {
    event.preventDefault();
    const option = button.closest(".option");
    const on = option.classList.toggle("option--struck");
    button.setAttribute("aria-pressed", String(on));
    saver.send({ strike: option.dataset.option });
  }
});

let noteTimer = 0;
form.querySelector("[data-note]").addEventListener("input", (event) => {
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => saver.send({ note: event.target.value }), 600);
});

// The form carries answer and note itself; a flag or strike-out still on its way is awaited.
form.addEventListener("submit", async (event) => {
  clearTimeout(noteTimer);
  if (saver.holdsMarks) {
    event.preventDefault();
    await saver.flush(2000);
    saver.close();
    form.requestSubmit(event.submitter);
    return;
  }
  saver.close();
});
addEventListener("beforeunload", (event) => { if (saver.unsaved) event.preventDefault(); });

// After next and previous a screen reader starts at the item.
if (document.referrer.includes("/attempts/")) document.getElementById("item-heading").focus({ preventScroll: true });

// Shortcuts: listed under "?", and off where the person turned them off.
const dialog = document.getElementById("shortcuts");
const help = document.querySelector("[data-help]");
const press = (selector) => document.querySelector(selector)?.click();
const choose = (index) => {
  const radio = form.querySelectorAll("input[name=option]")[index];
  if (radio && !radio.disabled) { radio.click(); radio.focus(); }
};
const shortcuts = {
  1: () => choose(0), 2: () => choose(1), 3: () => choose(2), 4: () => choose(3),
  a: () => choose(0), b: () => choose(1), c: () => choose(2), d: () => choose(3),
  n: () => press("[data-next]"), p: () => press("[data-previous]"),
  f: () => press("[data-flag]"), m: () => press("[data-review]"),
  l: () => press("[data-language]"),
  t: () => say(clock ? clock.words() : announce.dataset.noClock),
  "?": () => dialog.showModal(),
};
if (form.dataset.shortcuts === "true") {
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("textarea, dialog, input:not([type=radio])");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const act = shortcuts[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
  });
}

function preference(name, value) {
  fetch(form.dataset.preferences, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
    body: JSON.stringify({ [name]: value }),
  }).catch(() => {});
}
