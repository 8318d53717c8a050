// A taxonomy's list of errors: rows can be added and removed, and filling one says that there are errors.
(() => {
  const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));
  const isFilled = (row) => [...row.querySelectorAll("select, input")].some((control) => control.value.trim());

  const answerFollowsList = (criterion) => {
    const filled = [...criterion.querySelectorAll("[data-error]")].some(isFilled);
    const answer = criterion.querySelector(`input[value="${filled ? "listed" : "[]"}"]`);
    if (filled) answer.checked = true;
    else if (criterion.querySelector('input[value="listed"]').checked) answer.checked = true;
  };

  const add = (criterion) => {
    const row = criterion.querySelector("template[data-error-row]").content.cloneNode(true);
    criterion.querySelector("[data-errors]").append(row);
    criterion.querySelector("[data-error]:last-child select").focus();
  };

  const remove = (row) => {
    const criterion = row.closest("[data-criterion]");
    row.remove();
    if (!criterion.querySelector("[data-error]")) add(criterion);
    answerFollowsList(criterion);
    changed(criterion.querySelector("[data-errors]"));
  };

  document.addEventListener("click", (event) => {
    const adder = event.target.closest("[data-add-error]");
    if (adder) add(adder.closest("[data-criterion]"));
    const remover = event.target.closest("[data-remove-error]");
    if (remover) remove(remover.closest("[data-error]"));
  });
  document.addEventListener("input", (event) => {
    const row = event.target.closest("[data-error]");
    if (row && isFilled(row)) answerFollowsList(row.closest("[data-criterion]"));
  });
})();
