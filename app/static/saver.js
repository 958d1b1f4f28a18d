// Sends changes in order and says "saved" only when the server has answered for this change.
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;

export class Saver {
  constructor({ url, position, seq, token, onState, onSaved }) {
    Object.assign(this, { url, position, seq, token, onState, onSaved });
    this.queue = [];
    this.busy = false;
    this.closed = false;
    this.wait = FIRST_WAIT;
    addEventListener("online", () => this.pump());
  }

  get unsaved() {
    return !this.closed && (this.queue.length > 0 || this.busy);
  }

  get holdsMarks() {
    return this.unsaved && this.queue.some((change) => "flagged" in change || "strike" in change);
  }

  send(change) {
    this.seq += 1;
    this.queue.push({ position: this.position, seq: this.seq, ...change });
    this.onState("saving");
    this.pump();
  }

  close() {
    this.closed = true;
  }

  async flush(milliseconds) {
    const end = performance.now() + milliseconds;
    while (this.unsaved && performance.now() < end) await new Promise((go) => setTimeout(go, 100));
  }

  async pump() {
    if (this.busy || this.closed || !this.queue.length) return;
    this.busy = true;
    const outcome = await this.post(this.queue[0]);
    this.busy = false;
    if (outcome === "saved" || outcome === "elsewhere" || outcome === "ended") {
      this.queue = outcome === "saved" ? this.queue.slice(1) : [];
      this.wait = FIRST_WAIT;
      if (outcome !== "saved" || !this.queue.length) this.onState(outcome);
      this.pump();
      return;
    }
    this.onState(outcome);
    setTimeout(() => this.pump(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  async post(change) {
    try {
      const response = await fetch(this.url, {
        method: "POST",
        keepalive: true,
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token },
        body: JSON.stringify(change),
      });
      if (response.status === 401) return "signedOut";
      const answer = await response.json();
      if (response.status === 409) return answer.code === "StaleResponse" ? "elsewhere" : "ended";
      // A captive portal answers 200 too: only an echo of this change counts.
      const echoed = answer.position === change.position && answer.accepted_seq >= change.seq;
      if (!response.ok || !echoed) return "failed";
      this.onSaved?.(answer);
      return "saved";
    } catch {
      return "failed";
    }
  }
}
