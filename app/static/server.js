// Talks with the server: with a time limit, and once more with a new form token where the old one
// is refused. Only JSON counts as the server's word: a captive portal answers 200 and 404 too.
const PATIENCE = 15000;
const LARGEST_KEPT_ALIVE = 60000;
const fields = () => [...document.querySelectorAll("input[name=csrf_token]")];
let heardAt = -Infinity;

async function once(path, body) {
  const text = JSON.stringify(body);
  try {
    const response = await fetch(path, {
      method: "POST",
      keepalive: text.length < LARGEST_KEPT_ALIVE,
      signal: AbortSignal.timeout(PATIENCE),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": fields()[0].value },
      body: text,
    });
    const answer = await response.json();
    heardAt = performance.now();
    return { status: response.status, answer: Object(answer), headers: response.headers };
  } catch {
    return { status: 0, answer: {} };
  }
}

export async function post(path, body) {
  const first = await once(path, body);
  if (first.status !== 400) return first;
  const renewed = await renew();
  return renewed === 200 ? once(path, body) : { status: renewed, answer: {} };
}

export async function readPage(path, init = {}) {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), ...init });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { path: new URL(response.url).pathname, status: response.status, page };
}

// A new form token from the page's own address: 200, or why there is none.
export async function renew() {
  try {
    const { path, status, page } = await readPage(location.pathname);
    if (path.startsWith("/sign-in")) return 401;
    const token = page.querySelector("input[name=csrf_token]")?.value;
    if (status === 200 && token) for (const field of fields()) field.value = token;
    return status === 200 && !token ? 0 : status;
  } catch {
    return 0;
  }
}

// Whether the server can be reached: asked before the page is left by a plain form or link.
export async function reachable(address, trust = 3000) {
  if (performance.now() - heardAt < trust && navigator.onLine) return true;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) });
    return response.ok && response.headers.get("Content-Type").startsWith("text/plain");
  } catch {
    return false;
  }
}
