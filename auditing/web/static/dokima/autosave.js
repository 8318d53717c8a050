// A form with data-autosave="<url>" posts itself there a moment after each change, and at once when the page is left.
// An element with data-save-state inside the form says what happened. The server answers 2xx with anything.
(() => {
  const DELAY = 700;

  const tell = (form, state, text) => {
    const place = form.querySelector("[data-save-state]");
    if (!place) return;
    place.dataset.state = state;
    place.textContent = text;
  };

  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

  const watch = (form) => {
    let timer = null;
    let dirty = false;
    let leaving = false;

    const save = async () => {
      clearTimeout(timer);
      if (!dirty) return;
      dirty = false;
      tell(form, "saving", "Saving…");
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, keepalive: true });
        if (!answer.ok) throw new Error(answer.status === 422 ? new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent.trim() : `error ${answer.status}`);
        if (!dirty) tell(form, "saved", `Saved ${clock()}`);
      } catch (error) {
        dirty = true;
        tell(form, "failed", `Not saved: ${error.message}`);
      }
    };

    const soon = () => {
      dirty = true;
      clearTimeout(timer);
      timer = setTimeout(save, DELAY);
    };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("submit", () => {
      leaving = true;
      clearTimeout(timer);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && !leaving) save();
    });
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
