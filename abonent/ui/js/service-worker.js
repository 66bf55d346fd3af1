/* The app's service worker. KNOWN (its version, the files of the shell) stands before this text.

   Two stores: "shell-<version>", the shell's page and files, the same for everybody; "own", the last look at one
   person's account. The second is wiped by signing out, by a page of nobody, and by a page of another. */
"use strict";
const SHELL = `shell-${KNOWN.version}`, OWN = "own", PAGE = "/app/", SNAPSHOT = "/cabinet/app.json", OLD_MS = 60000;

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(SHELL);
    await cache.addAll([PAGE, ...KNOWN.files].map((one) => new Request(one, { cache: "no-cache" })));
    await skipWaiting();
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== SHELL && name !== OWN) await caches.delete(name);
    if (registration.navigationPreload) await registration.navigationPreload.enable();
    await clients.claim();
  })());
});

const wipe = async () => {
  await caches.delete(OWN);
  if (navigator.clearAppBadge) await navigator.clearAppBadge().catch(() => {});
};

const kept = async () => {
  const cache = await caches.open(OWN), answer = await cache.match(SNAPSHOT);
  return answer ? answer.json() : null;
};

const badge = async (unread) => {
  if (!navigator.setAppBadge) return;
  await (unread ? navigator.setAppBadge(unread) : navigator.clearAppBadge()).catch(() => {});
};

/* `owner`: of the page that asks. Who is somebody else, or nobody, must find nothing here. */
const look = async (owner) => {
  const before = await kept();
  if (before && before.owner !== owner) await wipe();
  if (!owner || (before && before.owner === owner && Date.now() - before.kept_ms < OLD_MS)) return;
  const answer = await fetch(SNAPSHOT, { credentials: "same-origin", redirect: "manual", headers: { Accept: "application/json" } });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { await wipe(); return; }
  if (!answer.ok) return;
  const found = await answer.json();
  if (found.owner !== owner) return;  /* the page is older than the sign-in */
  const cache = await caches.open(OWN);
  await cache.put(SNAPSHOT, new Response(JSON.stringify({ ...found, kept_ms: Date.now() })));
  await badge(found.unread);
};

addEventListener("message", (event) => {
  const said = event.data || {};
  if (said.do === "look") event.waitUntil(look(String(said.owner || "")).catch(() => {}));
  if (said.do === "wipe") event.waitUntil(wipe());
});

const page = async (event) => {
  try {
    return (await event.preloadResponse) || await fetch(event.request);
  } catch (error) {
    return (await caches.match(PAGE, { cacheName: SHELL, ignoreSearch: true })) || Response.error();
  }
};

const atOnce = async (event) => {
  /* The app's first page: from the store, and renewed behind it. */
  const cache = await caches.open(SHELL), known = await cache.match(PAGE, { ignoreSearch: true });
  const fresh = (async () => {
    const answer = (await event.preloadResponse) || await fetch(event.request);
    if (answer.ok) await cache.put(PAGE, answer.clone());
    return answer;
  })();
  if (!known) return fresh;
  event.waitUntil(fresh.catch(() => {}));
  return known;
};

addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.method === "POST" && address.pathname === "/logout/") { event.waitUntil(wipe()); return; }
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(address.pathname === PAGE ? atOnce(event) : page(event));
  } else if (KNOWN.files.includes(address.pathname)) {
    event.respondWith(caches.match(request, { cacheName: SHELL }).then((found) => found || fetch(request)));
  }
});

addEventListener("push", (event) => {
  let said = {};
  try { said = event.data.json(); } catch (error) { /* an empty one still must show something */ }
  event.waitUntil((async () => {
    await registration.showNotification(said.title || "", {
      body: said.body || "", tag: said.tag || "notice", icon: KNOWN.icon, badge: KNOWN.badge, data: { url: said.url || "/mail/" },
    });
    for (const one of await clients.matchAll({ type: "window" })) one.postMessage({ pushed: said.tag || "" });
    const mine = await kept();
    if (mine) await badge((mine.unread || 0) + 1);
  })());
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  const wanted = new URL((event.notification.data || {}).url || "/mail/", location.origin);
  const url = wanted.origin === location.origin ? wanted.href : `${location.origin}/mail/`;
  event.waitUntil((async () => {
    const open = (await clients.matchAll({ type: "window" })).find((one) => "focus" in one);
    if (!open) { await clients.openWindow(url); return; }
    await open.focus();
    await open.navigate(url).catch(() => clients.openWindow(url));
  })());
});
