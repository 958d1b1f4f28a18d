// What lets a running test go on without a connection, and a copy of the answers to take away.
import { cacheName, handles, forget, recall } from "./kept.js";
import { post } from "./server.js";

// The page as the server sent it, taken before any script changes it.
const shell = `<!doctype html>${document.documentElement.outerHTML}`;

// Keeps the page and its files; the headers, with the content policy, are those of the server's last answer.
export async function keepPage(handle, base, headers) {
  if (!navigator.serviceWorker || !globalThis.caches) return;
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/attempts/" });
    const cache = await caches.open(cacheName(handle));
    const kept = new Headers({ "Content-Type": "text/html; charset=utf-8" });
    for (const [name, value] of headers) if (!/^(content-(type|length|encoding)|set-cookie)$/.test(name)) kept.set(name, value);
    const files = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.startsWith(`${location.origin}/static/`));
    await Promise.all([cache.put(base, new Response(shell, { headers: kept })), cache.addAll([...new Set(files)])]);
  } catch { /* no room, or not allowed: a reload needs a connection then */ }
}

// Looks at every kept test: what is left is sent; the ended ones, and other people's, are put away.
export async function sweep(except) {
  const pages = globalThis.caches ? await caches.keys() : [];
  const named = pages.filter((name) => name.startsWith("exam-")).map((name) => name.slice(5));
  for (const handle of new Set([...await handles(), ...named])) {
    if (handle === except) continue;
    try {
      const response = await fetch(`/attempts/${handle}/clock`, { headers: { Accept: "application/json" } });
      if (response.status === 404) await forget(handle);
      if (!response.ok) continue;
      const { status } = await response.json();
      const { writer, skip, entries = [] } = await recall("progress", handle).catch(() => {}) ?? {};
      const chosen = entries.filter((entry) => entry.option_id);
      if (status === "finished" && chosen.length) {
        const changes = chosen.map(({ position, seq, option_id, made_at }) => ({ position, seq, option_id, age: Math.max(0, Date.now() - made_at) / 1000 }));
        const sent = await post(`/attempts/${handle}/responses`, { writer, skip_break: skip || undefined, changes });
        if (![200, 404, 409, 422].includes(sent.status)) continue;
      }
      if (status === "finished") await forget(handle);
    } catch { /* the next page looks again */ }
  }
}

export function download(button, paper, outbox) {
  const letters = paper.items.map(({ position, options }) => {
    const at = options.findIndex(({ id }) => id === outbox.mark(position)?.option_id);
    return `${position}: ${"ABCD"[at] ?? "-"}`;
  });
  const text = [button.dataset.heading, new Date().toLocaleString(document.documentElement.lang), "", ...letters, ""].join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = `${button.dataset.name}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
