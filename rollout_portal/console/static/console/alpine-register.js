// The theme's templates call functions by name. Alpine's CSP build evaluates no code from the page and refuses
// globals, so whatever a template names is registered here, as data of the body or as a magic.
document.addEventListener("alpine:init", () => {
  const components = ["theme", "searchForm", "searchDropdown", "searchCommand"];
  components.filter((name) => typeof window[name] === "function").forEach((name) => {
    Alpine.data(name, (...given) => window[name](...given));
  });

  Alpine.data("consoleBody", () => ({
    activeTab: "",
    sidebarDesktopOpen: true, // Our sidebar does not fold; the theme's list of actions asks.
    init() {
      const first = this.$root.dataset.defaultTab;
      this.activeTab = first ? getCurrentTab() || first : "";
      // theme.js set the class before Alpine came, so the theme's binding would never take it away again.
      Alpine.effect(() => {
        const system = matchMedia("(prefers-color-scheme: dark)").matches;
        const dark = this.adminTheme === "dark" || (this.adminTheme === "auto" && system);
        document.documentElement.classList.toggle("dark", dark);
      });
    },
    // The form of a change page posts back to the tab it was sent from.
    formAction() {
      const { pathname, search } = window.location;
      const tab = this.activeTab && this.activeTab !== "general" ? "#" + this.activeTab : "";
      return pathname + search + tab;
    },
    clearOrBlur(input) {
      if (input.value) input.value = "";
      else input.blur();
    },
    sortRecords(event) {
      return sortRecords(event);
    },
    moveRecords(event) {
      return moveRecords(event);
    },
    toggleTheme() {
      const dark = document.documentElement.classList.contains("dark");
      this.switchTheme(dark ? "light" : "dark");
    },
  }));
});
