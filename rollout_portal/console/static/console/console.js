// The frame's own script: the menu on the phone, menus that close, printing. Every page works without it.
document.addEventListener("click", (event) => {
  const menu = event.target.closest("[data-menu]");
  if (menu) {
    event.preventDefault();
    menu.setAttribute("aria-expanded", String(document.body.classList.toggle("nav-open")));
  }
  const print = event.target.closest("[data-print]");
  if (print) {
    event.preventDefault();
    window.print();
  }
  document.querySelectorAll("details[data-menu-list][open]").forEach((open) => {
    if (!open.contains(event.target)) open.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details[data-menu-list][open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (document.body.classList.contains("nav-open")) {
    const menu = document.querySelector("[data-menu]");
    document.body.classList.remove("nav-open");
    menu.setAttribute("aria-expanded", "false");
    menu.focus();
  }
});

// The theme's script writes the name of a chosen file into a text field that stands beside its own file
// fields, and breaks where there is none.
document.addEventListener(
  "change",
  (event) => {
    if (event.target.matches("input[type=file].input")) event.stopPropagation();
  },
  true,
);
