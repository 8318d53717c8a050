// A form with data-autosave="<url>" posts itself there a moment after each change, and at once when the page is left.
// An element with data-save-state inside the form says what happened. The server answers 2xx with anything.
// Until the server has it, what was typed is kept in this tab: a server that cannot be reached is tried again, and a page
// that was loaded anew before its form was saved has it filled in again. A form that is sent by its own button carries it
// along, and waits for a save under way, whose answer names what it changes. A form with data-beside="<id>" changes the same
// thing in another way: it waits until all that was typed is saved, and says that as what it changes.
// The hidden field `base` names what was changed, and the answer's Draft-Mark what is kept now. Where somebody saved
// something else meanwhile the server answers 409 and asks which of the two shall stay.
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
  const keep = (form, sent = false) => {
    const typed = [...new FormData(form)].filter(([name, value]) => !OURS.includes(name) && typeof value === "string");
    try {
      sessionStorage.setItem(key(form), JSON.stringify({ typed, sent }));
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
    const kept = JSON.parse(sessionStorage.getItem(key(form)) ?? '{"typed": []}');
    for (const [name, value] of kept.typed) typed.set(name, [...(typed.get(name) ?? []), value]);
    if (!typed.size) return;
    const before = typed.get("base")?.[0];
    if (kept.sent && form.elements.base && form.elements.base.value !== before) {
      forget(form); // it was sent, and this page shows what came of it
      return;
    }
    const isOwn = (field) => field.name && !OURS.includes(field.name) && !["hidden", "submit", "button", "file"].includes(field.type);
    const changed = [...form.elements].filter((field) => isOwn(field) && fill(field, typed.get(field.name) ?? []));
    // typed against what was kept then: whether that is what is kept now, the server says
    if (changed.length && before && form.elements.base) form.elements.base.value = before;
    for (const field of changed) field.dispatchEvent(new Event("change", { bubbles: true }));
    if (!changed.length) forget(form);
  };

  const place = () => document.getElementById("problems");
  const ask = async (form, answer) => {
    tell(form, "failed", "Not saved: something else was saved meanwhile.");
    place().innerHTML = await answer.text();
    place().scrollIntoView({ block: "nearest" });
  };
  const formOfDraft = () => document.getElementById("draft-mark")?.form;
  document.addEventListener("click", (event) => {
    const keepMine = event.target.closest("[data-keep-mine]");
    const takeKept = event.target.closest("[data-take-kept]");
    const form = formOfDraft();
    if (!form || !(keepMine || takeKept)) return;
    if (takeKept) {
      form.dispatchEvent(new CustomEvent("draft:forget"));
      location.assign(location.pathname + location.search);
      return;
    }
    form.elements.base.value = keepMine.dataset.keepMine;
    place().replaceChildren();
    if (form.dataset.autosave) form.dispatchEvent(new Event("input", { bubbles: true }));
    else htmx.trigger(form, "submit");
  });

  const refusal = async (answer) => {
    if (answer.status !== 422) return `error ${answer.status}`;
    return new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent.trim();
  };

  const watch = (form) => {
    let timer = null;
    let dirty = false;
    let leaving = false;
    let inFlight = false;
    let sendNext = null;
    let failures = 0;

    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(save, Math.min(LONGEST_WAIT, 1000 * 2 ** failures++));
    };

    const save = async () => {
      clearTimeout(timer);
      if (!dirty) return;
      if (inFlight) {
        timer = setTimeout(save, DELAY); // its answer names what this one changes
        return;
      }
      dirty = false;
      inFlight = true;
      tell(form, "saving", "Saving…");
      let answer;
      try {
        answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, keepalive: true });
      } catch {
        dirty = true;
        sendNext = null;
        tell(form, "failed", "Not saved yet: the server cannot be reached. What you typed is kept here and sent when it can be.");
        again();
        return;
      } finally {
        inFlight = false;
      }
      if (answer.ok) {
        failures = 0;
        const mark = answer.headers.get("Draft-Mark");
        if (mark && form.elements.base) form.elements.base.value = mark;
        if (sendNext) {
          sendNext.form.requestSubmit(sendNext.submitter);
          return;
        }
        if (dirty) return;
        forget(form);
        tell(form, "saved", `Saved ${clock()}`);
        return;
      }
      dirty = true;
      sendNext = null;
      if (answer.status === 409) {
        await ask(form, answer);
        return;
      }
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
    form.addEventListener("draft:forget", () => {
      dirty = false;
      leaving = true;
      clearTimeout(timer);
      forget(form);
    });
    const send = (event) => {
      clearTimeout(timer);
      if (inFlight) {
        event.preventDefault();
        event.stopImmediatePropagation();
        sendNext = { form, submitter: event.submitter };
        return;
      }
      sendNext = null;
      leaving = true;
      keep(form, true);
    };
    const sendBeside = (event) => {
      const beside = event.target;
      if (dirty || inFlight) {
        event.preventDefault();
        event.stopImmediatePropagation();
        sendNext = { form: beside, submitter: event.submitter };
        if (!inFlight) save();
        return;
      }
      sendNext = null;
      forget(form);
      if (beside.elements.base) beside.elements.base.value = form.elements.base.value;
    };
    form.addEventListener("submit", send, { capture: true }); // before htmx takes it
    for (const beside of document.querySelectorAll(`form[data-beside="${form.id}"]`)) {
      beside.addEventListener("submit", sendBeside, { capture: true });
    }
    form.addEventListener("htmx:afterRequest", (event) => {
      const { verb, path } = event.detail.requestConfig;
      if (verb !== "post" || path !== form.getAttribute("action")) return;
      if (event.detail.successful) {
        forget(form);
        return;
      }
      leaving = false;
      keep(form);
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
