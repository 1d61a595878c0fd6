// A field that finds a record by what is typed: a list below it, moved in by the arrow keys.
// The field tells its form what was chosen by the event "record-chosen".
(() => {
  "use strict";
  const WAIT = 150;

  const parts = (field) => ({
    input: field.querySelector("[role=combobox]"),
    id: field.querySelector("input[type=hidden]"),
    list: field.querySelector("[role=listbox]"),
  });
  const searches = new WeakMap();

  function close(field) {
    const { input, list } = parts(field);
    clearTimeout(searches.get(field)?.timer);
    searches.get(field)?.controller.abort();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function point(field, option) {
    const { input, list } = parts(field);
    for (const other of list.querySelectorAll("[aria-selected]")) other.removeAttribute("aria-selected");
    input.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  async function search(field) {
    const { input, list } = parts(field);
    const controller = new AbortController();
    searches.set(field, { controller });
    const address = new URL(input.dataset.search, location.href);
    address.searchParams.set("q", input.value);
    address.searchParams.set("currency", input.form.dataset.billed ?? "");
    address.searchParams.set("client", input.form.elements.namedItem("client")?.value ?? "");
    const response = await fetch(address, { signal: controller.signal }).catch(() => null);
    if (!response?.ok || response.redirected) return;
    const hits = await response.text().catch(() => null);
    if (hits === null || controller.signal.aborted || document.activeElement !== input) return;
    list.innerHTML = hits;
    list.querySelectorAll("[role=option]").forEach((option, number) => {
      option.id = `${list.id}-${number}`;
    });
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(field, list.querySelector("[role=option]:not([data-inactive])"));
  }

  function choose(field, option) {
    const { input, id } = parts(field);
    input.value = option.dataset.words;
    id.value = option.dataset.id;
    close(field);
    field.dispatchEvent(new CustomEvent("record-chosen", { bubbles: true, detail: option.dataset }));
  }

  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-record]");
    if (!field || !event.target.matches("[role=combobox]")) return;
    const { input, id } = parts(field);
    id.value = "";
    close(field);
    if (input.value.trim()) searches.set(field, { controller: new AbortController(), timer: setTimeout(() => search(field), WAIT) });
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("[data-record]");
    if (!field) return;
    const { input, id, list } = parts(field);
    if (list.hidden && event.key === "Enter" && input.value.trim() && !id.value) {
      event.preventDefault(); // the hits are on their way: Enter chooses one of them, and does not send the form
      if (!searches.get(field)?.timer) search(field);
    }
    if (list.hidden) return;
    const options = [...list.querySelectorAll("[role=option]")];
    const place = options.findIndex((option) => option.hasAttribute("aria-selected"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      point(field, options[(place + step + options.length) % options.length]);
    } else if (event.key === "Enter" && place >= 0) {
      event.preventDefault();
      choose(field, options[place]);
    } else if (event.key === "Tab" && place >= 0) {
      choose(field, options[place]);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close(field);
    }
  });

  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[data-record] [role=option]");
    if (!option) return;
    event.preventDefault();
    choose(option.closest("[data-record]"), option);
  });

  document.addEventListener("focusout", (event) => {
    const field = event.target.closest("[data-record]");
    if (field) close(field);
  });
})();
