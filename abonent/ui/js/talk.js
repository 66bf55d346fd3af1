/* A conversation that goes on by itself. Without this script its form and links do the same, a page at a time.

   Nothing is lost: what is typed is kept before it is sent, under an id of its own, and goes again until the server
   has it; the server takes an id once. Nothing is doubled: a message is drawn once by its number. */
(() => {
  "use strict";
  const FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 15000, TYPING_EVERY_MS = 3000, TYPING_SHOWN_MS = 6000, LOOK_EVERY_MS = 20000;

  const newId = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  };

  class Stream {
    /* The server's events, whatever becomes of the network; onAgain: after each time it was away. */
    constructor(address, listeners, onAgain) {
      Object.assign(this, { address, listeners, onAgain, last: null, waitMs: FIRST_WAIT_MS, opened: false });
      this.open();
      addEventListener("online", () => this.open());
    }
    open() {
      if (this.source) this.source.close();
      clearTimeout(this.timer);
      const address = new URL(this.address, location.href);
      if (this.last) address.searchParams.set("last", this.last);
      const source = this.source = new EventSource(address);
      source.onopen = () => { this.waitMs = FIRST_WAIT_MS; if (this.opened) this.onAgain(); this.opened = true; };
      source.onerror = () => {
        if (source.readyState !== EventSource.CLOSED) return;  // it tries again by itself
        this.timer = setTimeout(() => this.open(), this.waitMs);
        this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
      };
      for (const [name, heard] of Object.entries(this.listeners)) {
        source.addEventListener(name, (event) => { this.last = event.lastEventId; heard(JSON.parse(event.data)); });
      }
    }
  }

  class Talk {
    constructor(root) {
      this.root = root;
      this.at = root.dataset.at;
      this.last = Number(root.dataset.last);
      this.lines = root.querySelector(".talk-lines");
      this.log = root.querySelector(".talk-log");
      this.state = root.querySelector(".talk-state");
      this.types = root.querySelector(".talk-types");
      this.form = root.querySelector(".talk-form");
      this.number = Number(new URLSearchParams(root.dataset.events.split("?")[1]).get("conversation"));
      this.key = `talk:${this.at}`;
      this.waiting = this.kept();
      this.seen = 0;
      this.toEnd();
      const look = () => this.look();
      this.stream = new Stream(root.dataset.events, {
        talk: look,
        desk: (told) => { if (this.isOurs(told)) look(); document.body.dispatchEvent(new CustomEvent("desk")); },
        read: (told) => { if (this.isOurs(told)) this.markRead(told.sequence); },
        typing: (told) => { if (this.isOurs(told)) this.showTyping(told.name); },
      }, look);
      setInterval(look, LOOK_EVERY_MS);
      addEventListener("online", () => { look(); this.sendAll(); });
      document.addEventListener("visibilitychange", () => { if (!document.hidden) { look(); this.tellSeen(); } });
      if (this.form) this.listen();
      this.waiting.forEach((one) => this.draw(one));
      this.sendAll();
      this.tellSeen();
    }
    isOurs(told) { return !this.number || told.conversation === this.number; }

    /* --- writing ------------------------------------------------------------------------------------------ */
    listen() {
      const text = this.form.elements.text;
      this.root.classList.add("talk-live");
      if (this.form.elements.files) {
        this.form.elements.files.classList.add("heard");
        this.form.elements.files.addEventListener("change", () => this.nameFiles());
      }
      text.value = text.value || sessionStorage.getItem(`${this.key}:draft`) || "";
      text.addEventListener("input", () => {
        sessionStorage.setItem(`${this.key}:draft`, text.value);
        if (Date.now() - (this.typedAt || 0) > TYPING_EVERY_MS && text.value.trim()) {
          this.typedAt = Date.now();
          this.post("typing/", new FormData()).catch(() => {});
        }
      });
      text.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(pointer: fine)").matches) {
          event.preventDefault();
          this.form.requestSubmit(this.form.querySelector("[value=say]"));
        }
      });
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        const files = this.form.elements.files ? [...this.form.elements.files.files] : [];
        const one = { id: newId(), text: text.value.trim(), verb: event.submitter ? event.submitter.value : "say", files };
        if (!one.text && !files.length) { text.focus(); return; }
        this.waiting.push(one);
        this.keep();
        this.draw(one);
        this.form.reset();
        this.nameFiles();
        this.typedAt = 0;
        text.value = "";
        sessionStorage.removeItem(`${this.key}:draft`);
        this.complain("");
        text.focus();
        this.sendAll();
      });
    }
    nameFiles() {
      const files = this.form.elements.files, label = this.form.querySelector(".talk-attach span");
      if (!files) return;
      label.dataset.said = label.dataset.said || label.textContent;
      label.textContent = [...files.files].map((file) => file.name).join(", ") || label.dataset.said;
    }
    kept() {
      try { return JSON.parse(localStorage.getItem(this.key) || "[]").map((one) => ({ ...one, files: [] })); } catch { return []; }
    }
    keep() {
      /* A file cannot be kept here: a message with one lives as long as its page. */
      const texts = this.waiting.filter((one) => !one.files.length).map(({ id, text, verb }) => ({ id, text, verb }));
      if (texts.length) localStorage.setItem(this.key, JSON.stringify(texts)); else localStorage.removeItem(this.key);
    }
    draw(one) {
      const line = document.createElement("li");
      line.className = `said said-${one.verb === "note" ? "note" : "mine"} said-sending`;
      line.dataset.client = one.id;
      const by = document.createElement("p"), said = document.createElement("p");
      by.className = "said-by";
      by.textContent = this.root.dataset.sending;
      said.className = "said-text";
      said.textContent = [one.text, ...one.files.map((file) => file.name)].filter(Boolean).join("\n");
      line.append(by, said);
      this.lines.append(line);
      this.toEnd();
    }
    async sendAll() {
      if (this.sending) return;
      this.sending = true;
      clearTimeout(this.again);
      let waitMs = 0;
      while (this.waiting.length && !waitMs) {
        const one = this.waiting[0], data = new FormData();
        data.append("client_id", one.id);
        data.append("text", one.text);
        data.append("verb", one.verb);
        one.files.forEach((file) => data.append("files", file));
        try {
          const answer = await this.post("say/", data);
          if (answer.status === 403 && !one.files.length && this.mayReload()) { location.reload(); return; }
          if (answer.ok || answer.status === 422 || answer.status === 400 || answer.status === 404) {
            this.waiting.shift();
            this.keep();
            if (!answer.ok) this.refused(one, answer);
          } else waitMs = this.slower();
          if (answer.ok) this.waitMs = 0;
        } catch { waitMs = this.slower(); }
      }
      this.sending = false;
      if (waitMs) {
        this.mark(this.root.dataset.kept);
        this.again = setTimeout(() => this.sendAll(), waitMs);
      } else this.look();
    }
    mayReload() {
      /* A sign-in in another window makes this page's form too old; what is kept goes after the reload. */
      const before = Number(sessionStorage.getItem(`${this.key}:reloaded`) || 0);
      sessionStorage.setItem(`${this.key}:reloaded`, Date.now());
      return Date.now() - before > 60000;
    }
    slower() { return this.waitMs = Math.min((this.waitMs || FIRST_WAIT_MS / 2) * 2, LONGEST_WAIT_MS); }
    mark(text) { this.lines.querySelectorAll(".said-sending .said-by").forEach((by) => { by.textContent = text; }); }
    async refused(one, answer) {
      const line = this.sendingLine(one.id);
      if (line) line.remove();
      const text = this.form.elements.text;
      if (!text.value) text.value = one.text;
      const told = (answer.headers.get("content-type") || "").startsWith("application/json") ? await answer.json() : {};
      this.complain(told.error || this.root.dataset.kept);
    }
    complain(error) {
      const place = this.form.querySelector(".talk-error");
      place.textContent = error;
      place.hidden = !error;
    }
    sendingLine(id) { return [...this.lines.querySelectorAll(".said-sending")].find((one) => one.dataset.client === id); }
    post(what, data) {
      const token = this.form && this.form.elements.csrfmiddlewaretoken;
      if (token) data.append("csrfmiddlewaretoken", token.value);
      return fetch(this.at + what, { method: "POST", body: data, redirect: "error", headers: { Accept: "application/json" } });
    }

    /* --- reading ------------------------------------------------------------------------------------------ */
    async look() {
      if (this.looking) { this.lookAgain = true; return; }
      this.looking = true;
      try {
        const answer = await fetch(`${this.at}after/?sequence=${this.last}`, { headers: { Accept: "application/json" } });
        if (answer.ok) this.take(await answer.json());
      } catch { /* the stream, the clock or the network's return will ask again */ }
      this.looking = false;
      if (this.lookAgain) { this.lookAgain = false; this.look(); }
    }
    take(told) {
      const holder = document.createElement("template");
      holder.innerHTML = told.html;
      const atEnd = this.isAtEnd();
      for (const line of [...holder.content.children]) {
        const number = Number(line.dataset.sequence);
        if (number && this.lines.querySelector(`[data-sequence="${number}"]`)) continue;
        const sending = line.dataset.client && this.sendingLine(line.dataset.client);
        if (sending) { sending.replaceWith(line); continue; }
        const first = this.lines.querySelector(".said-sending");
        this.lines.insertBefore(line, first);
        if (line.classList.contains("said-theirs")) this.showTyping("");
      }
      this.last = Math.max(this.last, told.last);
      this.markRead(told.read);
      if (this.state.dataset.drawn !== told.state) {
        if (this.state.dataset.drawn !== undefined || this.state.innerHTML.trim() !== told.state.trim()) this.state.innerHTML = told.state;
        this.state.dataset.drawn = told.state;
      }
      if (atEnd) this.toEnd();
      this.tellSeen();
    }
    markRead(number) {
      this.lines.querySelectorAll(".said-mine[data-sequence]").forEach((one) => {
        if (Number(one.dataset.sequence) <= number) one.dataset.read = "";
      });
    }
    showTyping(name) {
      clearTimeout(this.typingTimer);
      this.types.hidden = name === "";
      this.types.textContent = name === "" ? "" : `${name || ""} ${this.root.dataset.types}`.trim();
      if (name !== "") this.typingTimer = setTimeout(() => this.showTyping(""), TYPING_SHOWN_MS);
    }
    tellSeen() {
      if (document.hidden || this.last <= this.seen || !this.form) return;
      const upTo = this.last, data = new FormData();
      data.append("sequence", upTo);
      this.seen = upTo;
      this.post("seen/", data).then((answer) => { if (!answer.ok) this.seen = 0; }, () => { this.seen = 0; });
    }
    isAtEnd() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80; }
    toEnd() { this.log.scrollTop = this.log.scrollHeight; }
  }

  document.querySelectorAll("[data-talk]").forEach((root) => { root.talk = new Talk(root); });
  document.querySelectorAll("[data-desk-stream]").forEach((root) => {
    const tell = () => document.body.dispatchEvent(new CustomEvent("desk"));
    new Stream(root.dataset.deskStream, { desk: tell }, tell);
  });

  /* A prepared answer goes into the field, to be looked over first. */
  document.addEventListener("click", (event) => {
    const ready = event.target.closest("[data-ready]");
    const text = ready && document.getElementById("id_text");
    if (!text) return;
    text.value = text.value ? `${text.value}\n${ready.dataset.ready}` : ready.dataset.ready;
    text.dispatchEvent(new Event("input"));
    text.focus();
  });
})();
