// Time that was added: told at once, and again on every page until it was put away.
const seen = (key) => { try { return Number(sessionStorage.getItem(key)) || 0; } catch { return 0; } };
const keep = (key, id) => { try { sessionStorage.setItem(key, id); } catch { /* told again */ } };

// `added` is what the server has just said; without it the page's own list is looked at.
export function showAdded(added) {
  const list = document.querySelector("[data-added-list]");
  const banner = document.querySelector("[data-added-banner]");
  if (!list || !banner) return;
  list.hidden = true; // the banner tells it: the list is for those without scripts
  const key = `added-${list.dataset.addedList}`;
  for (const { id, text } of added || []) {
    if (list.querySelector(`[data-added="${Number(id)}"]`)) continue;
    const line = document.createElement("li");
    line.dataset.added = id;
    line.textContent = text;
    list.append(line);
  }
  const news = [...list.children].filter((line) => Number(line.dataset.added) > seen(key));
  if (!news.length) return;
  const newest = news.at(-1).dataset.added;
  if (banner.dataset.newest === newest && !banner.hidden) return;
  banner.dataset.newest = newest;
  const words = news.map((line) => line.textContent.trim()).join(" ");
  banner.querySelector("[data-added-text]").textContent = words;
  banner.hidden = false;
  document.querySelector("[data-added-status]").textContent = words;
  banner.querySelector("[data-added-seen]").onclick = () => {
    keep(key, newest);
    banner.hidden = true;
    (document.getElementById("item-heading") || document.getElementById("main")).focus({ preventScroll: true });
  };
}
