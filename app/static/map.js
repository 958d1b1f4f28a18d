// The map and review in the page: the same filters and words as the server's page.
import { put } from "./paper.js";

const view = document.getElementById("map-view");
const find = (selector) => view.querySelector(selector);
const template = (name) => document.getElementById(name).content;
const FILTERS = {
  all: () => true,
  incomplete: (line) => line.state !== "complete",
  flagged: (line) => line.flagged,
  unseen: (line) => line.state === "unseen",
};

export const lines = (paper, outbox) => paper.items.map(({ position, part }) => {
  const mark = outbox.mark(position);
  const state = mark?.option_id ? "complete" : mark ? "incomplete" : "unseen";
  return { position, part, state, flagged: Boolean(mark?.flagged), unsaved: outbox.state(position) === "failed" };
});
// The items on a walk: all, or a part of them only, as far as the test is open.
export const walked = (all, walk, reach) => all.filter((line) => line.position <= reach && FILTERS[walk || "all"](line));

const counted = (place, number) => {
  const words = place.dataset;
  place.textContent = number === 1 ? words.one : words.many.replace("2", number);
};

function button(line, { reach, position }) {
  const made = template("map-line").firstElementChild.cloneNode(true);
  const [press, state] = [made.querySelector("button"), made.querySelector("[data-state]")];
  const words = view.dataset;
  press.value = line.position;
  press.disabled = line.position > reach;
  press.classList.add(`map__item--${line.state}`);
  press.classList.toggle("map__item--flagged", line.flagged);
  press.classList.toggle("map__item--here", line.position === position);
  made.querySelector("[data-number]").textContent = line.position;
  state.textContent = [words[line.state], line.flagged && words.flagged, line.unsaved && words.unsaved].filter(Boolean).join(", ");
  return made;
}

export function showMap(all, show, place) {
  const shown = all.filter(FILTERS[show]);
  for (const link of view.querySelectorAll("[data-filter]")) {
    link.querySelector("b").textContent = all.filter(FILTERS[link.dataset.filter]).length;
    link.toggleAttribute("aria-current", link.dataset.filter === show);
    if (link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
  }
  const count = (filter) => all.filter(FILTERS[filter]).length;
  counted(find("[data-count=complete]"), all.length - count("incomplete"));
  for (const filter of ["incomplete", "unseen", "flagged"]) counted(find(`[data-count=${filter}]`), count(filter));
  find("[data-some-unseen]").hidden = !count("unseen");
  for (const walk of view.querySelectorAll("[data-walk]")) walk.hidden = walk.dataset.walk !== show || !walked(shown, "", place.reach).length;
  const parts = [1, 2].flatMap((part) => {
    const some = shown.filter((line) => line.part === part);
    if (!some.length) return [];
    const made = template("map-part").cloneNode(true);
    const heading = made.querySelector("h2");
    heading.textContent = put(heading.textContent, { number: part });
    if (all.at(-1).part === 1) heading.remove();
    made.querySelector("ol").append(...some.map((line) => button(line, place)));
    return [made];
  });
  find("[data-parts]").replaceChildren(...parts);
  find("[data-none]").hidden = shown.length > 0;
  const back = find("[data-back]");
  back.textContent = put(back.dataset.words, place);
  back.href = `${place.base}/items/${place.position}`;
  find("[data-to-break]").hidden = !place.breakOpen;
  find("[data-submit]").classList.toggle("usa-button--outline", place.breakOpen);
}
