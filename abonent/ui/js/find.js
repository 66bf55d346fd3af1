/* The workplace's search by keyboard: / writes, arrows walk through what was found, Escape leaves the field.
   Without this script the field and the links do the same by Tab. */
(() => {
  "use strict";
  const field = document.getElementById("id_find");
  if (!field) return;
  const writes = (one) => one.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(one.tagName);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const here = document.activeElement || document.body;
    // The same key under the Russian layout gives a full stop.
    if ((event.key === "/" || (event.code === "Slash" && event.key === ".")) && !writes(here)) {
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "Escape" && here === field) {
      field.blur();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const found = [...document.querySelectorAll("a[data-found]")];
      const at = found.indexOf(here);
      if (!found.length || (at < 0 && here !== field)) return;
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? field : found[Math.min(next, found.length - 1)]).focus();
    }
  });
})();
