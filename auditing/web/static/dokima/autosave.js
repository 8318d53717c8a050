// A form with data-autosave="<url>" posts itself there a moment after each change, and at once when the page is left.
// An element with data-save-state inside the form says what happened. The server answers 2xx with anything.
// Until the server has it, what was typed is kept in this tab: a server that cannot be reached is tried again, and a page
// that was loaded anew before its form was saved has it filled in again.
(() => {
  const DELAY = 700;
  const LONGEST_WAIT = 30000;
  const OURS = ["csrfmiddlewaretoken"];

  const tell = (form, state, text) => {
    const place = form.querySelector("[data-save-state]");
    if (!place) return;
    place.dataset.state = state;
    place.textContent = text;
  };

  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

  const key = (form) => `unsaved ${form.dataset.autosave}`;
  const keep = (form) => {
    const typed = [...new FormData(form)].filter(([name, value]) => !OURS.includes(name) && typeof value === "string");
    try {
      sessionStorage.setItem(key(form), JSON.stringify(typed));
    } catch {
      // a full or forbidden store: then the server alone keeps it
    }
  };
  const forget = (form) => sessionStorage.removeItem(key(form));

  const fill = (field, values) => {
    const before = [field.checked, field.value];
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (values.length) field.value = values.shift();
    return field.checked !== before[0] || field.value !== before[1];
  };
  const bringBack = (form) => {
    const typed = new Map();
    for (const [name, value] of JSON.parse(sessionStorage.getItem(key(form)) ?? "[]")) typed.set(name, [...(typed.get(name) ?? []), value]);
    if (!typed.size) return;
    const isOwn = (field) => field.name && !OURS.includes(field.name) && !["hidden", "submit", "button", "file"].includes(field.type);
    const changed = [...form.elements].filter((field) => isOwn(field) && fill(field, typed.get(field.name) ?? []));
    for (const field of changed) field.dispatchEvent(new Event("change", { bubbles: true }));
    if (!changed.length) forget(form);
  };

  const refusal = async (answer) => {
    if (answer.status !== 422) return `error ${answer.status}`;
    return new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent.trim();
  };

  const watch = (form) => {
    let timer = null;
    let dirty = false;
    let leaving = false;
    let failures = 0;

    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(save, Math.min(LONGEST_WAIT, 1000 * 2 ** failures++));
    };

    const save = async () => {
      clearTimeout(timer);
      if (!dirty) return;
      dirty = false;
      tell(form, "saving", "Saving…");
      let answer;
      try {
        answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, keepalive: true });
      } catch {
        dirty = true;
        tell(form, "failed", "Not saved yet: the server cannot be reached. What you typed is kept here and sent when it can be.");
        again();
        return;
      }
      if (answer.ok) {
        failures = 0;
        if (dirty) return;
        forget(form);
        tell(form, "saved", `Saved ${clock()}`);
        return;
      }
      dirty = true;
      tell(form, "failed", `Not saved: ${await refusal(answer)}`);
      if (answer.status >= 500 || answer.status === 429) again();
    };

    const soon = () => {
      dirty = true;
      keep(form);
      clearTimeout(timer);
      timer = setTimeout(save, DELAY);
    };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("submit", () => {
      leaving = true;
      clearTimeout(timer);
    });
    form.addEventListener("htmx:afterRequest", (event) => {
      const { verb, path } = event.detail.requestConfig;
      if (verb !== "post" || path !== form.getAttribute("action")) return;
      if (event.detail.successful) forget(form);
      else leaving = false;
    });
    window.addEventListener("online", () => {
      failures = 0;
      if (form.isConnected) save();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && !leaving) save();
    });
    bringBack(form);
  };

  const start = (root) => {
    for (const form of root.querySelectorAll("form[data-autosave]:not([data-watched])")) {
      form.dataset.watched = "yes";
      watch(form);
    }
  };
  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("htmx:load", (event) => start(event.detail.elt.parentElement ?? document));
})();
