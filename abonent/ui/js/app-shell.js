/* The shell /app/: what this browser has kept of the account, and on to the account itself as soon as it answers. */
(() => {
  "use strict";
  const root = document.querySelector("[data-app]"), words = root.dataset;
  const put = (name, text) => { const at = root.querySelector(`[data-put=${name}]`); if (at) at.textContent = text || ""; };
  const lines = (name, all, draw) => {
    const list = root.querySelector(`[data-list=${name}]`), place = list.closest("section");
    list.replaceChildren(...(all || []).map(draw));
    place.hidden = !(all || []).length;
  };
  const piece = (tag, classes, text) => {
    const made = document.createElement(tag);
    made.className = classes;
    made.textContent = text;
    return made;
  };
  const line = (first, second, third, fourth) => {
    const made = document.createElement("li");
    made.append(piece("span", first.strong ? "strong" : "", first.text), piece("span", "sum end", second), piece("span", "muted small", third));
    if (fourth) made.append(piece("span", "muted small end", fourth));
    return made;
  };

  const show = (kept) => {
    root.querySelector("[data-none]").hidden = true;
    root.querySelector("[data-kept]").hidden = false;
    put("at", words.asOf.replace("%(when)s", kept.at));
    put("number", kept.number);
    put("sentence", kept.sentence);
    put("balance", kept.balance);
    put("paid", kept.paid);
    const state = root.querySelector("[data-put=sentence]");
    state.className = { ok: "good", warn: "bad" }[kept.state] || "calm";
    lines("operations", kept.operations, (one) => line({ text: one.what }, one.sum, one.when));
    lines("letters", kept.letters, (one) => line({ text: one.title, strong: one.is_new }, one.when, one.text, one.is_new ? words.new : ""));
    lines("news", kept.news, (one) => line({ text: one.title, strong: true }, one.when, one.text));
  };

  const goOn = async () => {
    try {
      const answer = await fetch("/cabinet/app.json", { redirect: "manual", cache: "no-store", headers: { Accept: "application/json" } });
      if (answer.ok || answer.type === "opaqueredirect") { location.replace("/cabinet/"); return; }
    } catch (error) { /* no network */ }
    root.querySelector("[data-wait]").hidden = true;
    root.querySelector("[data-away]").hidden = false;
  };

  (async () => {
    try {
      const cache = await caches.open("own"), found = await cache.match("/cabinet/app.json");
      const kept = found && await found.json();
      if (kept && kept.balance) show(kept);
    } catch (error) { /* nothing is kept here */ }
    goOn();
  })();
  addEventListener("online", goOn);
  root.querySelector("[data-again]").addEventListener("click", goOn);
})();
