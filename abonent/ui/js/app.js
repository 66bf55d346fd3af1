/* The site as an app: the service worker is there, and knows whose page is open. Nothing here is needed to work. */
(() => {
  "use strict";
  if (!("serviceWorker" in navigator)) return;
  const named = document.querySelector("meta[name=app-owner]");
  addEventListener("load", async () => {
    try {
      await navigator.serviceWorker.register("/service-worker.js", { scope: "/" });
      const ready = await navigator.serviceWorker.ready;
      if (named) ready.active.postMessage({ do: "look", owner: named.content });
    } catch (error) { /* a private window: the site works as it always did */ }
  });
})();
