// The exam page: one load, and then the whole part is answered here. Every answer is kept on the
// device and sent at once. Without this file the page's plain form does the whole exam.
import { keepPage, download, sweep } from "./offline.js";
import { startClock } from "./clock.js";
import { keep, forget, recall } from "./kept.js";
import { lines, showMap, walked } from "./map.js";
import { listed, notice, say } from "./notices.js";
import { Outbox } from "./outbox.js";
import { put, readMark, showItem, showMark } from "./paper.js";
import { post, reachable } from "./server.js";
import { startShortcuts } from "./shortcuts.js";
import { askToSignIn } from "./sign_in_again.js";
import { takeTurn, tokenOf } from "./turn.js";

const LONG_AWAY = 60000;
const TRY_AGAIN = 3000;
const form = document.getElementById("item");
const map = document.getElementById("map-view");
const { base, handle } = form.dataset;
const find = (selector) => document.querySelector(selector);
const announce = find("[data-announce]");
const pause = (milliseconds) => new Promise((go) => { setTimeout(go, milliseconds); });

let paper = null;
let here = { position: Number(form.dataset.position), walk: form.elements.walk.value, show: "" };
let since = performance.now();
let closed = false; // the time is up, or another page writes
let leaving = false;
let awayTimer;

const showState = () => {
  const place = find("[data-save-state]");
  const state = outbox.state(here.position);
  place.textContent = place.dataset[state];
  place.classList.toggle("save-state--failed", state === "failed");
  const away = outbox.failing && outbox.pending && !outbox.held;
  if (away && !awayTimer) awayTimer = setTimeout(() => { find("[data-download-line]").hidden = false; }, LONG_AWAY);
  if (!away) {
    awayTimer = clearTimeout(awayTimer);
    find("[data-download-line]").hidden = true;
  }
  notice("offline", away && !closed);
};
const saved = (answer, behind) => {
  const place = find("[data-last-saved]");
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
  place.textContent = put(place.dataset.words, { time });
  clock?.take(answer);
  notice("needs-connection", false);
  if (answer.late) return end([...outbox.entries.values()]);
  if (behind) outbox.opened = false; // something newer stands there: the paper is read anew with the next save
  showState();
  if (here.show) draw();
};
const end = (entries = []) => {
  leaving = closed = true;
  const late = entries.filter((entry) => entry.option_id).map(({ position }) => position);
  outbox.drop();
  forget(handle);
  if (!late.length) return location.replace(base);
  listed("too-late", late.sort((a, b) => a - b));
  notice("time-up", false);
  notice("ended");
  showMark(outbox.mark(here.position), true);
};
const held = (why) => {
  if (why === "break_running") { leaving = true; return location.replace(base); }
  if (why === "time_is_up" || why === "finished") return end([...outbox.entries.values()]);
  notice(why);
  if (why === "signed-out") signIn();
  if (why === "elsewhere") close();
  showState();
};
const close = () => {
  closed = true;
  showMark(outbox.mark(here.position), true);
};
const signIn = () => askToSignIn(base, goOn);
const goOn = () => {
  for (const name of ["signed-out", "not-mine"]) notice(name, false);
  outbox.resume();
};

const outbox = new Outbox({
  handle,
  base,
  seq: Number(form.dataset.seq),
  tell: {
    open,
    saved,
    held,
    changed: () => showState(),
    refused: (positions) => { listed("refused", positions); notice("refused"); },
    memory: (only) => notice("memory", only),
  },
});

const clock = startClock({
  box: find("[data-clock]"),
  timeUrl: `${base}/clock`,
  say,
  pattern: announce.dataset.left,
  hidden: form.dataset.clockHidden === "true",
  onToggle: (hidden) => post(form.dataset.preferences, { clock_hidden: hidden }),
  onEnd: timeUp,
  onFinished: async () => {
    await outbox.flush();
    if (!outbox.unsaved) end();
  },
});

// Asks for the paper: this page becomes the one that writes.
async function open(takeOver = false) {
  const stored = await recall("paper", handle).catch(() => {});
  const wish = { writer: outbox.writer, take_over: takeOver, have: stored?.edition };
  const { status, answer, headers } = await post(`${base}/paper`, wish);
  if (status === 200) answer.items ??= stored?.items; // those that it has are not sent again
  if (status === 200 && Array.isArray(answer.items)) {
    takeTurn(handle, takeOver, () => outbox.hold("elsewhere"));
    use(answer, takeOver);
    keepPage(handle, base, headers);
    sweep(handle);
    return true;
  }
  const over = ["time_is_up", "finished"].includes(answer.error);
  if (over && outbox.unsaved && outbox.writer) return outbox.opened = true; // what is left may count still
  if (status === 401) outbox.hold("signed-out");
  else if (status === 404) outbox.hold("not-mine");
  else if (answer.error === "elsewhere") { outbox.hold("elsewhere"); askToTakeOver(); }
  else if (status === 409) outbox.hold(answer.error);
  return false;
}
function use(given, moved) {
  paper = given;
  outbox.language = given.language;
  outbox.adopt(given, moved);
  const { edition, items, both, language, reach, last, break_after, break_decided, lock_first_part } = given;
  keep("paper", handle, { edition, items, both, language, reach, last, break_after, break_decided, lock_first_part, added: given.added }).catch(() => {});
  clock?.take(given);
  closed = false;
  notice("elsewhere", false);
  begin();
}
function begin() {
  form.dataset.ready = "";
  if (outbox.skip) skipBreak();
  if (!arrive()) showMark(outbox.mark(here.position));
  showState();
}
const skipBreak = () => Object.assign(paper, { break_decided: true, reach: paper.last });

async function askToTakeOver() {
  const dialog = document.getElementById("take-over");
  dialog.returnValue = "";
  dialog.onclose = async () => { if (dialog.returnValue && await open(true)) outbox.resume(); };
  if (!dialog.open) dialog.showModal();
}
// Where the address leads: an item, or the map.
function place(address) {
  const found = /\/items\/(\d+)$/.exec(address.pathname);
  if (found) return { position: Number(found[1]), walk: address.searchParams.get("walk") ?? "", show: "" };
  return address.pathname.endsWith("/review") ? { ...here, show: address.searchParams.get("show") ?? "all" } : here;
}
const first = () => paper.lock_first_part && paper.break_decided ? paper.break_after + 1 : 1;
const isOpen = (position) => position >= first() && position <= paper.reach;
const way = () => {
  const open = walked(lines(paper, outbox), here.walk, paper.reach).map((line) => line.position).filter(isOpen);
  const [before, after] = [open.filter((at) => at < here.position), open.filter((at) => at > here.position)];
  const toBreak = !here.walk && here.position === paper.break_after && !paper.break_decided;
  return { previous: before.at(-1), next: after[0], place: before.length + 1, count: before.length + after.length + 1, walk: here.walk, toBreak };
};

// Goes there in the page; false where it must be loaded.
function arrive(target = place(new URL(location)), { moved = false } = {}) {
  if (!target.show && (!isOpen(target.position) || (outbox.mark(target.position)?.revealed && String(target.position) !== form.dataset.position))) {
    leaving = true;
    location.assign(`${base}/items/${target.position}`);
    return true;
  }
  const other = target.position !== here.position;
  if (other) look();
  const fresh = other || target.walk !== here.walk || String(target.position) !== form.dataset.position;
  here = target;
  draw(fresh);
  if (!target.show && (other || !outbox.mark(target.position))) outbox.record(target.position);
  if (moved || !fresh) return fresh;
  return true;
}
function draw(fresh) {
  const [shown, away] = here.show ? [map, form] : [form, map];
  if (here.show) showMap(lines(paper, outbox), here.show, { base, position: here.position, reach: paper.reach, breakOpen: Boolean(paper.break_after) && !paper.break_decided });
  else if (fresh) showItem(paper, here.position, way());
  if (!here.show) showMark(outbox.mark(here.position), closed);
  away.hidden = true;
  shown.hidden = false;
  const box = find("[data-clock]");
  if (box) shown.querySelector(".exam-bar__tools").prepend(box);
  const heading = shown.querySelector("h1");
  document.title = `${here.show ? heading.textContent : put(heading.dataset.title, here)} · PeerPrep`;
  showState();
}
// As a real page would: an address of its own, the top of the page, and the heading in focus.
function go(target, replace = false) {
  const query = target.show ? `/review?show=${target.show}` : `/items/${target.position}${target.walk && `?walk=${target.walk}`}`;
  if (!arrive(target, { moved: true }) && leaving) return;
  if (leaving) return;
  history[replace ? "replaceState" : "pushState"](null, "", base + query);
  settleIn();
}
const settleIn = () => {
  scrollTo(0, 0);
  (here.show ? map : form).querySelector("h1").focus({ preventScroll: true });
};
addEventListener("popstate", () => { if (paper) { arrive(place(new URL(location)), { moved: true }); settleIn(); } });

// How long the item was on screen.
function look() {
  const seconds = Math.round((performance.now() - since) / 1000);
  since = performance.now();
  if (seconds > 0 && !closed && !here.show) outbox.record(here.position, { seconds });
}
document.addEventListener("visibilitychange", () => { if (document.hidden) look(); else since = performance.now(); });

const record = (change) => {
  if (closed) return;
  outbox.record(here.position, change);
  showMark(outbox.mark(here.position));
};
form.addEventListener("change", ({ target }) => {
  if (target.name !== "option") return;
  record({ option_id: target.value, struck: struckNow().filter((id) => id !== target.value).join(" ") });
});
const struckNow = () => (outbox.mark(here.position)?.struck ?? "").split(" ").filter(Boolean);
find("[data-note]").addEventListener("input", ({ target }) => { outbox.record(here.position, { note: target.value.replace(/\0/g, "") }); });

// Each button does in the page what the server would do with the form; what only the server can do
// goes by the form, once everything is saved.
form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (leaving) return;
  const { value } = button ?? {};
  const [act, to] = (value ?? "").split(":");
  event.preventDefault();
  if (closed && !["go", "review", "home"].includes(act)) return;
  if (act === "flag" || act === "unflag") return record({ flagged: act === "flag" });
  if (act === "strike") return strike(to);
  if (paper && act === "go") return go({ ...here, position: Number(to), show: "" });
  if (paper && act === "review") return go({ ...here, show: here.walk || "all" });
  if (paper && (act === "stack" || act === "unstack")) return stack(act === "stack");
  if (closed && !paper) return location.assign(base.replace(/\/attempts.*/, "/home"));
  leave(() => form.requestSubmit(button), act === "break");
});
function strike(id) {
  const struck = new Set(struckNow());
  if (!struck.delete(id)) struck.add(id);
  record({ struck: [...struck].sort().join(" ") });
}
function stack(both) {
  paper.both = both;
  draw(true);
  find("[data-stack]").focus();
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, do: both ? "stack" : "unstack" });
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
}
async function leave(act, toBreak = false) {
  look();
  await pause(0); // a form cannot be sent while its own submit event is under way
  const ready = (await outbox.flush() || !paper) && await reachable(`/pulse/${handle}`);
  if (outbox.held && outbox.held !== "elsewhere") return;
  if (ready) { leaving = true; act(); }
  else if (toBreak) offerToSkip();
  else notice("needs-connection");
}
function offerToSkip() {
  const dialog = document.getElementById("no-break");
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "skip") return;
    skipBreak();
    outbox.skipBreak();
    go({ position: paper.break_after + 1, walk: "", show: "" });
  };
  dialog.showModal();
}

map.addEventListener("click", (event) => {
  const target = event.target.closest("a, button");
  if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const { filter, walk } = target.dataset;
  const walkOf = (show) => show === "flagged" || show === "incomplete" ? show : "";
  event.preventDefault();
  if (filter) go({ ...here, show: filter });
  else if (walk) go({ position: walked(lines(paper, outbox), walk, paper.reach).find((line) => isOpen(line.position)).position, walk, show: "" });
  else if (target.value) go({ position: Number(target.value), walk: walkOf(here.show), show: "" });
  else if ("back" in target.dataset) go({ ...here, show: "" });
  else leave(() => location.assign(target.href), "toBreak" in target.dataset);
});

addEventListener("beforeunload", (event) => { if (outbox.unsaved && !leaving) event.preventDefault(); });
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // an old page from the browser's memory
find("[data-go-on-here]").onclick = askToTakeOver;
find("[data-download]").onclick = ({ target }) => { if (paper) download(target, paper, outbox); };
for (const button of document.querySelectorAll("[data-sign-in]")) button.onclick = signIn;
for (const button of document.querySelectorAll("[data-came-back]")) button.onclick = goOn;

// The end: everything goes out, and then the test is handed in. Without a connection that waits.
async function timeUp() {
  look();
  close();
  while (!(await outbox.flush() && await reachable(`/pulse/${handle}`, 0))) {
    if (leaving) return;
    notice("offline", false);
    if (!outbox.held) notice("time-up");
    await pause(TRY_AGAIN);
  }
  notice("time-up", false);
  if (leaving) return;
  if (!await clock.isOver()) { // time was added while there was no connection
    closed = outbox.held === "elsewhere";
    return showMark(outbox.mark(here.position), closed);
  }
  leaving = true;
  document.getElementById("time-up").submit();
}

if (form.dataset.shortcuts === "true") startShortcuts(() => say(clock ? clock.words() : announce.dataset.noClock));

// After next and previous a screen reader starts at the item.
if (document.referrer.includes("/attempts/")) document.getElementById("item-heading").focus({ preventScroll: true });

// First what this browser has kept, then the server's word; without a connection what was kept must do.
outbox.marks.set(here.position, readMark());
const kept = await outbox.recall();
outbox.writer = await tokenOf(handle, kept);
if (!kept) outbox.store();
if (!await open() && !outbox.held) {
  const stored = await recall("paper", handle).catch(() => {});
  if (stored && kept) {
    paper = stored;
    outbox.language = stored.language;
    if (outbox.time?.left) clock?.take({ seconds_left: Math.max(0, outbox.time.left - (Date.now() - outbox.time.at) / 1000), added: [] });
    begin();
  }
  outbox.failing = true;
}
outbox.pump();
