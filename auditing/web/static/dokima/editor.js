// A complaint names the path of a value, and a field's name is its path: mark that field, or its nearest parent's.
(() => {
  const clear = (form) => {
    for (const field of form.querySelectorAll("[data-complained]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      delete field.dataset.complained;
    }
    form.querySelector("#field-complaint")?.remove();
  };

  const fieldAt = (form, path) => {
    for (let at = path; at; at = at.replace(/(\.[^.[\]]+|\[\d+\]|^[^.[\]]+)$/, "")) {
      const fields = [...form.elements].filter((field) => field.type !== "hidden" && field.name);
      const found = fields.find((field) => field.name === at) ?? fields.find((field) => field.name.startsWith(at + ".") || field.name.startsWith(at + "["));
      if (found) return found;
    }
    return form.elements.yaml;
  };

  const mark = () => {
    const form = document.querySelector("form[data-editor]");
    if (!form) return;
    clear(form);
    const problem = document.querySelector("#preview [data-problem-at]");
    const field = problem && fieldAt(form, problem.dataset.problemAt);
    if (!field || field.hidden) return;
    const text = document.createElement("p");
    text.id = "field-complaint";
    text.className = "field-error";
    text.textContent = problem.dataset.problem;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "field-complaint");
    field.dataset.complained = "yes";
    (field.closest(".scale-row, .row") ?? field).after(text);
  };

  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("htmx:afterSettle", mark);
})();
