// Every htmx request carries the CSRF token; what the server could not answer is said on the page; what was typed before
// htmx had loaded is heard all the same.
(() => {
  const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const say = (text) => {
    const alert = document.createElement("div");
    alert.className = "alert alert-bad";
    alert.setAttribute("role", "alert");
    alert.textContent = text;
    document.getElementById("problems")?.replaceChildren(alert);
  };
  const typedInto = (field) =>
    ["checkbox", "radio"].includes(field.type) ? field.checked !== field.defaultChecked : "defaultValue" in field && field.value !== field.defaultValue;
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of document.querySelectorAll("form[hx-trigger*=input], form[data-autosave]")) {
      [...form.elements].find(typedInto)?.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:sendError", () => say("The server cannot be reached. What you see may be out of date."));
  document.addEventListener("htmx:responseError", (event) => {
    if (![409, 422].includes(event.detail.xhr.status)) say(`The server answered with an error (${event.detail.xhr.status}). Try again.`);
  });
})();
