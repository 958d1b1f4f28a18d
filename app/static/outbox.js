// Answers on their way: kept in the browser until the server has named them with their number.
import { keep, recall } from "./kept.js";
import { post } from "./server.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
const GATHER = 300;
const LONGEST_LOOK = 600;
const CONTENT = ["option_id", "flagged", "struck", "note"];
const OVER = ["time_is_up", "finished", "break_running"];
const content = (entry) => Object.fromEntries(CONTENT.filter((key) => key in entry).map((key) => [key, entry[key]]));
const holds = (entry) => CONTENT.some((key) => key in entry);
const wire = ({ position, seq, option_id, flagged, struck, note, seconds, made_at }) => ({
  position, seq, option_id, flagged, struck, note,
  seconds: Math.min(seconds, LONGEST_LOOK) || undefined,
  age: Math.max(0, Date.now() - made_at) / 1000,
});

export class Outbox {
  entries = new Map();
  marks = new Map(); // what the server holds, by position
  writer = null;
  skip = false; // the break was skipped while there was no connection
  held = ""; // why nothing is sent
  failing = false;
  failures = 0;
  wait = FIRST_WAIT;

  // `tell` has open(), changed(), saved(answer), refused(positions), held(why, answer), memory(only).
  constructor({ handle, base, seq, tell }) {
    Object.assign(this, { handle, base, seq, tell });
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => this.hurry());
  }

  get pending() { return this.skip || this.entries.size > 0; }
  get unsaved() { return this.skip || [...this.entries.values()].some(holds); }

  // Another person's answers are never here: they are kept by attempt.
  async recall() {
    const kept = await recall("progress", this.handle).catch(() => { this.tell.memory(true); });
    if (!kept) return;
    const early = [...this.entries.values()];
    this.seq = Math.max(this.seq, kept.seq);
    this.entries = new Map(kept.entries.map((entry) => [entry.position, entry]));
    for (const entry of early) this.entries.set(entry.position, { ...this.entries.get(entry.position), ...entry, seq: ++this.seq });
    Object.assign(this, { skip: kept.skip, time: kept.time, marks: new Map([...this.marks, ...kept.marks]) });
    return kept.writer;
  }

  store() {
    if (this.held === "elsewhere") return; // the page that writes now keeps its own
    const { writer, seq, skip, time } = this;
    const kept = { writer, seq, skip, time, entries: [...this.entries.values()], marks: [...this.marks] };
    keep("progress", this.handle, kept).then(() => this.tell.memory(false), () => this.tell.memory(true));
  }

  // What the server has just said of the whole attempt. Where another page has written in between
  // (`moved`), its answers stand.
  adopt({ writer, seq, marks, seconds_left: left }, moved) {
    this.marks = new Map(Object.entries(marks).map(([position, mark]) => [Number(position), mark]));
    this.seq = Math.max(this.seq, seq);
    for (const entry of [...this.entries.values()]) {
      const there = this.marks.get(entry.position)?.seq ?? 0;
      if (moved ? there > entry.base : there >= entry.seq) this.entries.delete(entry.position);
      else entry.base = there;
    }
    Object.assign(this, { writer, held: "", opened: true, time: { left, at: Date.now() } });
    this.store();
  }

  record(position, change = {}) {
    const old = this.entries.get(position) ?? { position, base: this.mark(position)?.seq ?? 0, seconds: 0 };
    const made_at = holds(change) || !old.made_at ? Date.now() : old.made_at;
    const seconds = old.seconds + (change.seconds ?? 0);
    this.entries.set(position, { ...old, ...change, seconds, made_at, seq: ++this.seq });
    this.store();
    this.tell.changed();
    this.soon(GATHER);
  }

  skipBreak() {
    this.skip = true;
    this.store();
    this.soon(0);
  }

  // What the person sees of a position: what the server holds and what is on its way.
  mark(position) {
    const [mark, entry] = [this.marks.get(position), this.entries.get(position)];
    return mark || entry ? { ...mark, ...(entry && content(entry)) } : undefined;
  }

  state(position) {
    const entry = this.entries.get(position);
    if (entry && holds(entry)) return this.failing || this.held ? "failed" : "saving";
    return holds(this.marks.get(position) ?? {}) ? "saved" : "none";
  }

  soon(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), milliseconds);
  }

  hurry() {
    this.wait = FIRST_WAIT;
    this.pump();
  }

  resume() {
    this.held = "";
    this.hurry();
  }

  // Whether everything could be saved now.
  async flush() {
    const before = this.failures;
    this.hurry();
    while (this.pending && !this.held && this.failures === before) await new Promise((go) => setTimeout(go, 50));
    return !this.unsaved;
  }

  async pump() {
    if (this.busy || this.held || !this.pending) return;
    clearTimeout(this.timer);
    this.busy = true;
    if (this.opened || await this.tell.open()) await this.deliver();
    else if (!this.held) this.again();
    this.busy = false;
    if (this.more) { this.more = false; this.pump(); }
  }

  async deliver() {
    const sent = [...this.entries.values()].slice(0, this.alone ? 1 : undefined);
    const { writer, skip, language } = this;
    const body = { writer, language, skip_break: skip || undefined, changes: sent.map(wire) };
    const { status, answer } = await post(`${this.base}/responses`, body);
    if (status === 200 && Array.isArray(answer.accepted)) this.settle(sent, answer, skip);
    else if (status === 401) this.hold("signed-out");
    else if (status === 404) this.hold("not-mine");
    else if (status === 409 && answer.error === "elsewhere") this.hold("elsewhere");
    else if (status === 409 && OVER.includes(answer.error)) this.hold(answer.error, answer);
    else if (status === 409 || status === 422) this.refuse(sent);
    else this.again();
  }

  settle(sent, answer, skip) {
    const refused = (answer.refused ?? []).map((one) => one[0] ?? one.position);
    const numbers = new Map(answer.accepted);
    let [behind, heard] = [false, skip];
    for (const was of sent) {
      const [number, entry] = [numbers.get(was.position), this.entries.get(was.position)];
      if (refused.includes(was.position)) this.entries.delete(was.position);
      else if (!(number >= was.seq)) continue; // not named: it stays
      else {
        this.marks.set(was.position, { ...this.marks.get(was.position), ...content(was), seq: number });
        behind ||= number > was.seq;
        if (entry.seq <= number) this.entries.delete(was.position);
        else Object.assign(entry, { base: number, seconds: entry.seconds - was.seconds });
      }
      heard = true;
    }
    if (!heard && sent.length) return this.again();
    if (skip) this.skip = false;
    if ("seconds_left" in answer) this.time = { left: answer.seconds_left, at: Date.now() };
    Object.assign(this, { failing: false, wait: FIRST_WAIT, alone: false, more: true });
    this.store();
    if (refused.length) this.tell.refused(refused);
    this.tell.saved(answer, behind);
  }

  // A batch is stored as a whole or not at all: its changes go one by one, so that one is dropped alone.
  refuse(sent) {
    this.more = true;
    if (sent.length === 1) {
      this.entries.delete(sent[0].position);
      this.store();
      this.tell.refused([sent[0].position]);
    }
    this.alone = sent.length > 1 || this.entries.size > 1;
  }

  hold(why, answer) {
    this.held = why;
    this.tell.held(why, answer);
  }

  again() {
    this.failing = true;
    this.failures += 1;
    this.tell.changed();
    this.soon(this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  drop() {
    this.entries.clear();
    this.skip = false;
    this.store();
  }
}
