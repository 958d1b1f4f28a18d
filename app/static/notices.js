// What the page says beside the item. The words are on the page already, in its language.
import { put } from "./paper.js";

const find = (selector) => document.querySelector(selector);
const announce = find("[data-announce]");

export const say = (text) => { announce.textContent = ""; requestAnimationFrame(() => { announce.textContent = text; }); };
export const notice = (name, on = true) => {
  const place = find(`[data-notice="${name}"]`);
  if (on && place.hidden) say(place.querySelector("p").textContent.trim());
  place.hidden = !on;
};
export const listed = (name, positions) => {
  const place = find(`[data-${name}]`);
  place.textContent = positions.length ? put(place.dataset.words, { questions: positions.join(", ") }) : "";
};
