// Runs before the page is drawn: the chosen theme, so that a dark page never flashes white.
(function () {
  var chosen = null;
  try {
    chosen = JSON.parse(localStorage.getItem("adminTheme"));
  } catch (error) {
    chosen = null; // Storage switched off, or a value that is not ours: follow the system.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
