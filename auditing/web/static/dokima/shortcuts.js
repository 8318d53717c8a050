// Keys: any element with data-key="x" is clicked (or, a field, focused) by that key; "?" lists them; j and k walk table rows.
// Nothing is taken from somebody who is typing.
(() => {
  const isTyping = (target) => target.closest("input:not([type=radio], [type=checkbox], [type=submit], [type=button]), textarea, select, [contenteditable]");
  const isShown = (element) => element.checkVisibility() && !element.disabled;
  const named = (key) => [...document.querySelectorAll("[data-key]")].filter((element) => element.dataset.key === key && isShown(element));
  const words = (element) => [...element.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join(" ").trim().replace(/\s+/g, " ");
  const label = (element) => element.dataset.keyLabel || element.getAttribute("aria-label") || words(element);

  const use = (element) => (element.matches("input:not([type=radio], [type=checkbox]), textarea, select") ? element.focus() : element.click());

  const walkRows = (step) => {
    const links = [...document.querySelectorAll("table[data-rows] tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
    if (!links.length) return false;
    const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    links[Math.min(Math.max(here + step, 0), links.length - 1)].focus();
    return true;
  };

  const showHelp = () => {
    const dialog = document.getElementById("keys");
    if (!dialog || dialog.open) return;
    const rows = [["?", "Show these keys"]];
    if (document.querySelector("table[data-rows]")) rows.push(["j  k", "Next and previous row"]);
    for (const element of document.querySelectorAll("[data-key]")) {
      if (isShown(element)) rows.push([element.dataset.key, label(element)]);
    }
    dialog.querySelector("dl").replaceChildren(...rows.flatMap(([key, text]) => {
      const term = document.createElement("dt");
      const cap = document.createElement("kbd");
      const meaning = document.createElement("dd");
      cap.textContent = key;
      meaning.textContent = text;
      term.append(cap);
      return [term, meaning];
    }));
    dialog.showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    if (event.key === "?") {
      event.preventDefault();
      showHelp();
      return;
    }
    const [element] = named(event.key);
    if (element) {
      event.preventDefault();
      use(element);
    } else if ((event.key === "j" || event.key === "k") && walkRows(event.key === "j" ? 1 : -1)) {
      event.preventDefault();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) showHelp();
  });
})();
