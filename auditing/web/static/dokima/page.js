// Small courtesies: copy buttons, toasts that can be closed, selects that apply a filter, a column picker.
(() => {
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    const before = button.getAttribute("aria-label");
    button.setAttribute("aria-label", "Copied");
    button.classList.add("button-primary");
    setTimeout(() => {
      button.setAttribute("aria-label", before);
      button.classList.remove("button-primary");
    }, 1500);
  };

  document.addEventListener("click", (event) => {
    const copyButton = event.target.closest("[data-copy]");
    if (copyButton) copy(copyButton);
    event.target.closest("[data-dismiss]")?.closest(".toast")?.remove();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("form[data-apply-on-change] select")) event.target.form.requestSubmit();
  });
  document.addEventListener("change", (event) => {
    const most = Number(event.target.dataset?.mostBytes);
    if (!most) return;
    const inMegabytes = (bytes) => Math.ceil(bytes / 2 ** 20).toLocaleString("en-GB");
    const large = [...event.target.files].find((file) => file.size > most);
    event.target.setCustomValidity(large ? `This file has ${inMegabytes(large.size)} MB; at most ${inMegabytes(most)} MB is taken at once.` : "");
    event.target.reportValidity();
  });

  const hideColumn = (table, index, hidden) => {
    for (const row of table.rows) {
      if (row.cells[index]) row.cells[index].hidden = hidden;
    }
  };

  const addColumnPicker = (menu) => {
    const table = document.getElementById(menu.dataset.columnsFor);
    const memory = `dokima-columns-${table.id}`;
    const hidden = new Set(JSON.parse(localStorage.getItem(memory) || "[]"));
    const box = menu.querySelector("div");
    [...table.tHead.rows[0].cells].forEach((cell, index) => {
      const name = cell.textContent.trim();
      if (!name || index === 0) return;
      const choice = document.createElement("label");
      const tick = document.createElement("input");
      tick.type = "checkbox";
      tick.checked = !hidden.has(name);
      tick.addEventListener("change", () => {
        tick.checked ? hidden.delete(name) : hidden.add(name);
        localStorage.setItem(memory, JSON.stringify([...hidden]));
        hideColumn(table, index, !tick.checked);
      });
      choice.append(tick, ` ${name}`);
      box.append(choice);
      hideColumn(table, index, hidden.has(name));
    });
    menu.hidden = false;
  };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-columns-for]").forEach(addColumnPicker));
})();
