// The palette (Ctrl K): asks the server for pages and verbs, walks them with the arrows, opens with Enter.
// It only opens pages; the page shows the consequence. The last five opened are kept in this browser.
(() => {
  const palette = document.querySelector("dialog.palette");
  if (!palette) return;
  const input = palette.querySelector("input");
  const list = palette.querySelector(".palette__list");
  const memory = "portal.palette.recent";
  let timer = 0;
  let asked = 0;

  const recent = () => {
    try {
      return JSON.parse(localStorage.getItem(memory)) || [];
    } catch (error) {
      return []; // Storage switched off or damaged: there is nothing to remember.
    }
  };
  const remember = (link) => {
    const entry = { title: link.dataset.title, note: link.dataset.note, href: link.getAttribute("href") };
    const kept = [entry, ...recent().filter((one) => one.href !== entry.href)].slice(0, 5);
    try {
      localStorage.setItem(memory, JSON.stringify(kept));
    } catch (error) {
      console.info("The palette cannot remember: storage is switched off.");
    }
  };
  const options = () => [...list.querySelectorAll("[role=option]")];
  const current = () => list.querySelector("[aria-selected=true]");
  const select = (option) => {
    options().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };
  const line = (entry, index) => {
    const link = document.createElement("a");
    link.href = entry.href;
    link.id = `palette-recent-${index}`;
    link.setAttribute("role", "option");
    link.tabIndex = -1;
    link.dataset.title = entry.title;
    link.dataset.note = entry.note;
    const note = document.createElement("small");
    note.textContent = entry.note;
    link.append(entry.title, " ", note);
    return link;
  };
  const say = (text) => {
    const note = document.createElement("p");
    note.className = "palette__note";
    note.textContent = text;
    list.replaceChildren(note);
  };
  const showRecent = () => {
    const entries = recent();
    if (!entries.length) return list.replaceChildren();
    say(palette.dataset.recent);
    list.append(...entries.map(line));
    select(options()[0]);
  };
  const search = async () => {
    const term = input.value.trim();
    if (!term) return showRecent();
    const mine = ++asked;
    const query = new URLSearchParams({ s: term, extended: "1", rollout: palette.dataset.rollout });
    try {
      const answer = await fetch(`${palette.dataset.search}?${query}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.text();
      if (mine !== asked) return; // A later question has been asked meanwhile.
      list.innerHTML = found;
      select(options()[0]);
    } catch (error) {
      if (mine === asked) say(palette.dataset.failed);
    }
  };
  const open = () => {
    if (palette.open) return;
    input.value = "";
    palette.showModal();
    showRecent();
    input.focus();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) open();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  palette.addEventListener("click", (event) => {
    const link = event.target.closest("a[role=option]");
    if (link) remember(link);
    else if (event.target === palette) palette.close();
  });
  palette.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.indexOf(current());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      if (all[next]) select(all[next]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (all[at]) all[at].click();
    }
  });
})();
