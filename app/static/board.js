// Keeps an assignment's board fresh: asks for the changing part, and puts in only what differs.
const EVERY = 15000;
const board = document.querySelector("[data-board]");
const status = document.querySelector("[data-board-status]");
const line = document.querySelector("[data-fresh-line]");
const words = line?.querySelector("[data-fresh-words]");
const pause = line?.querySelector("[data-fresh-pause]");
let paused = false;
let over = false;

const held = (part) => part.contains(document.activeElement);
const put = (old, fresh) => {
  if (old.innerHTML !== fresh.innerHTML && !held(old)) old.replaceChildren(...fresh.childNodes);
};
const rows = (part) => [...part.querySelectorAll("[data-person]")];
const people = (part) => rows(part).map((row) => row.dataset.person).join(" ");

// Only counts that changed are spoken.
const showCounts = (fresh) => {
  const changed = [];
  for (const old of board.querySelectorAll("[data-count]")) {
    const count = fresh.querySelector(`[data-count="${old.dataset.count}"]`);
    if (!count || count.textContent === old.textContent) continue;
    old.textContent = count.textContent;
    changed.push(`${old.dataset.words}: ${count.textContent}`);
  }
  if (changed.length) status.textContent = changed.join(". ");
};

const show = (fresh) => {
  if (!fresh.querySelector("[data-fresh]")) return;
  showCounts(fresh);
  if (people(fresh) === people(board)) {
    const now = rows(fresh);
    rows(board).forEach((row, at) => {
      [...row.children].forEach((cell, n) => put(cell, now[at].children[n]));
    });
    put(board.querySelector("[data-fresh]"), fresh.querySelector("[data-fresh]"));
  } else {
    put(board.querySelector("table"), fresh.querySelector("table"));
  }
};

const refresh = async () => {
  if (paused || over || document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Fragment": "1" } });
    // Signed out, or the cohort is another's now: the next reload says so.
    if (answer.redirected || answer.status === 404) { over = true; line.hidden = true; return; }
    if (!answer.ok) return;
    show(new DOMParser().parseFromString(await answer.text(), "text/html").body);
  } catch { /* offline: the next round may reach it */ }
};

if (board) {
  line.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    [pause.textContent, pause.dataset.freshPause] = [pause.dataset.freshPause, pause.textContent];
    [words.textContent, words.dataset.freshWords] = [words.dataset.freshWords, words.textContent];
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, EVERY);
}
