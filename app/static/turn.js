// Of several windows of a browser one writes: it holds a lock and the token that the server knows.
const PATIENCE = 2500; // a page that was left gives its lock back a moment later, on a slow phone after a second or two
const lock = (handle) => `exam-${handle}`;
let held = false;

// Who takes over takes the lock as well, and the window that had it knows at once.
export function takeTurn(handle, steal, lost) {
  if (!navigator.locks || (held && !steal)) return;
  held = true;
  const gone = () => { held = false; lost(); };
  navigator.locks.request(lock(handle), { steal }, () => new Promise(() => {})).catch(gone);
}

// This window's token: the one from before, where no other window of this browser is at work with it.
export async function tokenOf(handle, kept) {
  const bytes = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)));
  const made = btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);
  try {
    const own = sessionStorage.getItem(handle);
    const free = navigator.locks && await navigator.locks.request(lock(handle), { signal: AbortSignal.timeout(PATIENCE) }, () => true).catch(() => false);
    const token = (free ? kept ?? own : !navigator.locks && own) || made;
    sessionStorage.setItem(handle, token);
    return token;
  } catch {
    return kept ?? made;
  }
}
