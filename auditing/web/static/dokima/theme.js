// Runs before the first paint, so that a remembered theme never flashes.
(() => {
  const root = document.documentElement;
  const remembered = () => localStorage.getItem("dokima-theme") || "system";
  const apply = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  const showPressed = () => {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === remembered()));
    }
  };
  apply(remembered());
  document.addEventListener("DOMContentLoaded", showPressed);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    localStorage.setItem("dokima-theme", button.dataset.themeChoice);
    apply(remembered());
    showPressed();
  });
})();
