// Lets the page of a running test be reloaded without a connection. It answers for nothing else:
// no other page, no form, nothing that changes; and first it always asks the server.
const PAGE = /^(\/attempts\/([\w-]+))(\/items\/\d+|\/review)?$/;
const PATIENCE = 10000;
const AWAY = [502, 503, 504];

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  const page = request.mode === "navigate" && PAGE.exec(pathname);
  if (page) event.respondWith(ask(request, page[1], `exam-${page[2]}`));
  else if (pathname.startsWith("/static/")) event.respondWith(file(request));
});

async function file(request) {
  return await caches.match(request) ?? fetch(request);
}

async function ask(request, base, name) {
  const kept = await caches.has(name) && await (await caches.open(name)).match(base);
  const server = fetch(request);
  if (!kept) return server;
  const late = new Promise((done) => { setTimeout(done, PATIENCE, kept); });
  const answer = await Promise.race([server.catch(() => kept), late]);
  return AWAY.includes(answer.status) ? kept : answer;
}
