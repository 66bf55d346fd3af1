/* Push notices of this browser: <form data-push="our public key"> with a field `subscription`, which its owner sends.
   Where there are none, the form stays hidden and the words beside it say what to do. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-push]");
  const possible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!form || !possible) return;
  const none = document.querySelector("[data-no-push]"), failed = form.querySelector("[data-failed]");
  const key = Uint8Array.from(atob(form.dataset.push.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const same = (known) => known && known.byteLength === key.length && new Uint8Array(known).every((one, at) => one === key[at]);

  form.hidden = false;
  if (none) none.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    failed.hidden = true;
    try {
      if (await Notification.requestPermission() !== "granted") throw new Error("refused");
      const registration = await navigator.serviceWorker.ready;
      let found = await registration.pushManager.getSubscription();
      /* Of another key of ours, before this installation was made anew: it would be refused for ever. */
      if (found && !same(found.options && found.options.applicationServerKey)) { await found.unsubscribe(); found = null; }
      found = found || await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      form.elements.subscription.value = JSON.stringify(found);
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      location.assign((await answer.json()).go);
    } catch (error) {
      button.disabled = false;
      failed.hidden = false;
    }
  });
})();
