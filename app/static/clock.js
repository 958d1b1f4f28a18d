import { showAdded } from "./added.js";

// Shows the server's clock between two answers of the server; the server's decides. It counts by the
// browser's steady clock, so what the device thinks of the time of day does not matter.
const HEARTBEAT = 18000; // what was added shows within 20 s: the server looks every 2
const RETURNS_AT = 300;
const ASLEEP = 5000; // between two ticks: the lid was closed, or the page was put to sleep
// The server counts whole seconds and cuts the rest off: a page that ends at nought is up to
// one second early, and its test would count as handed in, not as out of time.
const CUT_OFF = 1000;

export function startClock({ box, timeUrl, say, pattern, hidden = false, onToggle, onEnd, onFinished = () => location.reload() }) {
  if (!box) return null;
  const face = box.querySelector("[data-clock-face]");
  const toggle = box.querySelector("[data-clock-toggle]");
  const warnings = (box.dataset.warnings || "").split(" ").filter(Boolean).map(Number);
  let end = performance.now() + Number(box.dataset.secondsLeft) * 1000;
  let before = Infinity;
  let ended = false;
  let ticked = [performance.now(), Date.now()];
  let pulse;
  let beat;

  const left = () => Math.max(0, Math.ceil((end - performance.now()) / 1000));
  const digits = (seconds) => {
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    return hours ? `${hours}:${rest}` : rest.replace(/^0/, "");
  };
  const words = () => pattern.replace("{time}", digits(left()));

  const show = () => {
    const away = hidden && left() > RETURNS_AT;
    box.classList.toggle("clock--hidden", away);
    if (!toggle || !onToggle) return;
    const label = away ? toggle.dataset.show : toggle.dataset.hide;
    if (toggle.textContent !== label) toggle.textContent = label;
    toggle.hidden = left() <= RETURNS_AT;
  };
  const warn = (seconds) => {
    say?.(words());
    const banner = document.querySelector("[data-time-warning]");
    if (!banner) return;
    banner.querySelector("[data-time-warning-text]").textContent = words();
    banner.hidden = false;
    setTimeout(() => { banner.hidden = true; }, 12000);
  };
  const tick = () => {
    const now = left();
    face.textContent = digits(now);
    for (const copy of document.querySelectorAll("[data-clock-copy]")) copy.textContent = digits(now);
    const passed = warnings.filter((mark) => before > mark && now <= mark && before !== Infinity);
    if (passed.length) warn(now);
    before = now;
    show();
    const at = [performance.now(), Date.now()];
    const slept = at.some((moment, which) => Math.abs(moment - ticked[which]) > ASLEEP);
    ticked = at;
    if (slept && timeUrl) resync();
    if (performance.now() >= end + CUT_OFF && !ended) { ended = true; finish(); }
  };
  const take = (answer) => {
    listenLater(); // this answer has said as much
    if (typeof answer.seconds_left === "number") {
      end = performance.now() + answer.seconds_left * 1000;
      if (answer.seconds_left > 0 && ended === "over") ended = false; // time was added after the end
    }
    showAdded(answer.added);
    tick();
  };
  const resync = async () => {
    try {
      const response = await fetch(timeUrl, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(HEARTBEAT) });
      if (!response.ok) return;
      const answer = await response.json();
      if (answer.status === "finished") onFinished();
      else take(answer);
    } catch { /* offline: the page's own clock goes on */ }
  };
  // A word that changes when time was added: far lighter than the clock itself.
  const listen = async () => {
    try {
      const response = await fetch(timeUrl.replace("/attempts/", "/pulse/").replace("/clock", ""), { credentials: "omit", signal: AbortSignal.timeout(HEARTBEAT) });
      const heard = await response.text();
      if (!response.ok || heard === pulse) return;
      pulse = heard;
      await resync();
    } catch { /* offline */ }
  };
  const listenLater = () => {
    clearInterval(beat);
    if (timeUrl) beat = setInterval(listen, HEARTBEAT);
  };
  // Time may have been added since the last answer: nothing ends before the server was asked.
  const finish = async () => {
    if (timeUrl) await resync();
    ended = performance.now() >= end && "over";
    if (ended) onEnd?.();
  };

  if (toggle && onToggle) {
    toggle.addEventListener("click", () => {
      hidden = !hidden;
      show();
      onToggle(hidden);
    });
  }
  setInterval(tick, 250);
  listenLater();
  document.addEventListener("visibilitychange", () => { if (!document.hidden && timeUrl) resync(); });
  tick();
  showAdded();
  const isOver = async () => { await resync(); return performance.now() >= end; };
  return { words, take, isOver };
}
