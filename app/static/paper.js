// One item of the paper in the page, made of the page's own templates: words are the server's.
const LETTERS = "ABCD";
const one = (name) => document.getElementById(name).content.firstElementChild;
const form = document.getElementById("item");
const find = (selector) => form.querySelector(selector);
const actions = find(".exam-actions");
const buttons = Object.fromEntries(
  [...document.getElementById("action-buttons").content.children].map((button) => [button.dataset.kind, button]),
);

export const put = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const inLanguage = (text, language) => Object.assign(document.createElement("span"), { lang: language, textContent: text[language] });
const texts = (place, text, paper) => {
  place.replaceChildren(inLanguage(text, paper.language));
  if (!paper.both) return;
  const second = Object.assign(document.createElement("span"), { className: "second" });
  second.append(inLanguage(text, paper.language === "en" ? "es" : "en"));
  place.append(second);
};

function option(given, index, paper) {
  const line = one("option-line").cloneNode(true);
  const letter = LETTERS[index];
  const [radio, label, strike] = ["input", "label", "[data-strike]"].map((part) => line.querySelector(part));
  line.dataset.option = radio.value = given.id;
  radio.id = label.htmlFor = `option-${letter}`;
  label.querySelector(".letter").textContent = letter;
  texts(label.querySelector(".option__text"), given, paper);
  strike.value = `strike:${given.id}`;
  const name = strike.querySelector(".usa-sr-only");
  name.textContent = put(name.textContent, { letter });
  return line;
}

function showActions({ previous, next, reveal, toBreak }) {
  const go = { previous, next };
  const kinds = [previous && "previous", reveal && "reveal", toBreak ? "break" : next && "next", "review"];
  for (const kind of ["previous", "next"]) if (go[kind]) buttons[kind].value = `go:${go[kind]}`;
  buttons.next.classList.toggle("usa-button--outline", "reveal" in buttons && reveal);
  actions.replaceChildren(...kinds.filter((kind) => kind in buttons).map((kind) => buttons[kind]));
  find(".first-button").value = next ? `go:${next}` : "review";
}

// `way` has previous, next, place, count, walk and toBreak.
export function showItem(paper, position, way) {
  const item = paper.items[position - 1];
  const heading = document.getElementById("item-heading");
  form.dataset.position = position;
  form.action = `${form.dataset.base}/items/${position}`;
  heading.textContent = put(heading.dataset.words, { position });
  form.elements.walk.value = way.walk;
  const line = find("[data-walk-line]");
  line.hidden = !way.walk;
  line.textContent = way.walk && put(line.dataset[way.walk], way);
  find("[data-sensitive]").hidden = !item.sensitive;
  texts(document.getElementById("stem"), item.stem, paper);
  for (const old of form.querySelectorAll(".option")) old.remove();
  find(".options").append(...item.options.map((given, index) => option(given, index, paper)));
  form.classList.toggle("item--stacked", paper.both);
  const stack = find("[data-stack]");
  if (stack) {
    stack.value = paper.both ? "unstack" : "stack";
    stack.textContent = stack.dataset[stack.value];
  }
  find("details.note").open = false;
  showActions({ ...way, reveal: true });
}

// What the server's own page shows of its item.
export const readMark = () => ({
  option_id: find("[name=option]:checked")?.value ?? null,
  flagged: find("[data-flag]").getAttribute("aria-pressed") === "true",
  struck: [...form.querySelectorAll(".option--struck")].map((line) => line.dataset.option).join(" "),
  note: find("[data-note]").value,
  seq: Number(form.dataset.seq),
  revealed: find(".rationale") !== null,
});

// What was chosen and marked, without making the item anew: the focus stays where it is.
export function showMark(mark = {}, closed = false) {
  const struck = (mark.struck ?? "").split(" ");
  for (const line of form.querySelectorAll(".option")) {
    const radio = line.querySelector("input");
    radio.checked = radio.value === mark.option_id;
    const out = struck.includes(radio.value);
    line.classList.toggle("option--struck", out);
    line.querySelector("[data-strike]")?.setAttribute("aria-pressed", String(out));
  }
  const flag = find("[data-flag]");
  flag.setAttribute("aria-pressed", String(Boolean(mark.flagged)));
  flag.value = mark.flagged ? "unflag" : "flag";
  const note = find("[data-note]");
  if (note.value !== (mark.note ?? "")) note.value = mark.note ?? "";
  if (mark.note) find("details.note").open = true;
  for (const control of form.querySelectorAll("[name=option], [data-strike], [data-flag], [data-note]")) {
    control.disabled = closed || (control.name === "option" && Boolean(mark.revealed));
  }
}
