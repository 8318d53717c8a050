// Screens on which somebody answers criteria: keys for answering, focus where the next answer belongs, a beat while at work.
// 1-9 choose, j/k and the arrows move between criteria; Enter, z, s, f, c and i are data-key elements of the page.
(() => {
  const BEAT = 15000;
  const AWAKE = 30000; // no key, pointer or scroll for so long: nobody is at work
  let lastSign = Date.now();

  const isTyping = (target) => target.closest("input:not([type=radio], [type=checkbox], [type=submit], [type=button]), textarea, select, [contenteditable]");
  const criteria = () => [...document.querySelectorAll("[data-answering] [data-criterion]")];
  const current = () => document.activeElement?.closest("[data-criterion]") ?? document.querySelector("[data-criterion][data-current]") ?? criteria()[0];

  const mark = (criterion) => {
    for (const other of criteria()) other.toggleAttribute("data-current", other === criterion);
  };

  const goTo = (criterion, scroll = true) => {
    criterion.tabIndex = -1;
    criterion.focus({ preventScroll: true });
    if (scroll) criterion.scrollIntoView({ block: "nearest" });
    mark(criterion);
  };

  const move = (step) => {
    const list = criteria();
    goTo(list[Math.min(Math.max(list.indexOf(current()) + step, 0), list.length - 1)]);
  };

  // True when the digit was used up; a number field gets the focus and the digit itself.
  const choose = (digit) => {
    const criterion = current();
    const choice = criterion.querySelector(`[data-choice="${digit}"]`);
    if (choice) {
      choice.click();
      const list = choice.value === "listed" && criterion.querySelector("[data-error] select");
      list ? list.focus() : move(1);
      return true;
    }
    criterion.querySelector(".criterion-number input")?.focus();
    return false;
  };

  const isAnswered = (criterion) =>
    Boolean(criterion.querySelector("[data-choice]:checked")) || Boolean(criterion.querySelector(".criterion-number input")?.value.trim());

  const settle = () => {
    const list = criteria();
    if (!list.length || isTyping(document.activeElement)) return;
    const problem = list.find((one) => "problem" in one.dataset);
    // on a narrow screen the item stands above the questions and is read first
    goTo(problem ?? list.find((one) => !isAnswered(one)) ?? list[0], Boolean(problem) || matchMedia("(min-width: 901px)").matches);
  };

  const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!criteria().length || document.querySelector("dialog[open], [popover]:popover-open")) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") goTo(current());
      return;
    }
    // in a group of choices the arrows are the browser's own
    if (event.key.startsWith("Arrow") && event.target.matches("input")) return;
    if (event.key in STEPS) {
      event.preventDefault();
      move(STEPS[event.key]);
    } else if (/^[0-9]$/.test(event.key) && choose(event.key)) {
      event.preventDefault();
    }
  });
  document.addEventListener("focusin", (event) => {
    const criterion = event.target.closest("[data-answering] [data-criterion]");
    if (criterion) mark(criterion);
  });
  // at once, and not on the later toggle event: the next key is already part of the text
  document.addEventListener("click", (event) => {
    const details = event.target.closest("details[data-opens-field] > summary")?.parentElement;
    if (!details || details.open) return;
    event.preventDefault();
    details.open = true;
    details.querySelector("input:not([type=hidden]), textarea").focus();
  });

  const beat = () => {
    const place = document.querySelector("[data-beat]");
    if (!place || document.visibilityState !== "visible" || Date.now() - lastSign > AWAKE) return;
    const token = document.querySelector('meta[name="csrf-token"]').content;
    // a lost beat loses seconds only; whether work is saved is said by the autosave
    fetch(place.dataset.beat, { method: "POST", headers: { "X-CSRFToken": token, "HX-Request": "true" } }).catch(() => {});
  };
  for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    document.addEventListener(sign, () => { lastSign = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(beat, BEAT);

  const begin = () => {
    settle();
    beat();
  };
  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "main") begin();
  });
})();
