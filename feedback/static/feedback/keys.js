// Single keys in the inbox: they move, open and fill in, and never send anything. The list of them stands
// on the page, where they are switched off; then this file is not loaded. Every page works without it.
(() => {
  const TYPING = "input, textarea, select, [contenteditable]";
  const listed = () => [...document.querySelectorAll(".inbox__item")].filter((one) => one.offsetParent);
  const focus = (one) => {
    if (!one) return false;
    const closed = one.closest("details:not([open])");
    if (closed) closed.open = true;
    one.focus();
    one.scrollIntoView({ block: "nearest" });
    return true;
  };
  const move = (step) => {
    const all = listed();
    const here = all.indexOf(document.activeElement);
    const open = all.findIndex((one) => one.getAttribute("aria-current") === "true");
    const from = here >= 0 ? here : open;
    const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : from + step;
    return focus(all[to]);
  };
  const severity = (place) => {
    const field = document.querySelector("[data-keys-severity] select");
    if (!field || !field.options[place]) return false;
    field.selectedIndex = place;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return focus(field);
  };
  const list = () => {
    const keys = document.querySelector("details[data-keys]");
    keys.open = !keys.open;
    return focus(keys.querySelector("summary"));
  };
  const follow = (link) => {
    if (link) link.click();
    return Boolean(link);
  };
  const verbs = {
    j: () => move(1),
    k: () => move(-1),
    r: () => focus(document.querySelector("[data-keys-answer] textarea")),
    a: () => focus(document.querySelector("[data-keys-assign]")),
    m: () => follow(document.querySelector("a[data-keys-merge]")),
    "/": () => follow(document.querySelector("button[data-palette]")),
    "?": list,
  };
  ["1", "2", "3", "4"].forEach((digit) => (verbs[digit] = () => severity(Number(digit))));

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const again = event.target.closest("[data-keys-severity] select") && /^[1-4]$/.test(event.key);
    if (event.target.closest(TYPING) && !again) return;
    const verb = Object.hasOwn(verbs, event.key) ? verbs[event.key] : null;
    if (verb && verb()) event.preventDefault();
  });
})();
