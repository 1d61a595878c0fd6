// The page of a draft: records found while one types, rows that appear by themselves, sums beside the form.
// What a person typed is never replaced: a proposal fills an empty field, or takes the place of an older proposal.
(() => {
  "use strict";
  const form = document.getElementById("draft-form");
  if (!form) return;
  const rows = document.getElementById("rows");
  const pattern = document.getElementById("row-pattern");
  const summary = document.getElementById("draft-summary");
  const MOST_ROWS = 100;
  const WAIT = { hits: 150, sums: 400 };

  // Sums and checks. Only the newest question is answered, and no field is in the answer.
  let asked = 0;
  let timer = 0;
  let changed = "unsaved" in form.dataset;

  async function refreshSummary() {
    const mine = ++asked;
    const response = await fetch(form.dataset.summary, { method: "POST", body: new FormData(form) }).catch(() => null);
    if (mine !== asked || !response?.ok || response.redirected) return;
    summary.innerHTML = await response.text();
  }

  function noteChange() {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(refreshSummary, WAIT.sums);
  }

  // Rows: the last one always is empty.
  const isBlank = (row) => [...row.querySelectorAll("input:not([type=hidden])")].every((input) => !input.value.trim());

  function addRow() {
    const number = rows.querySelectorAll("[data-row]").length;
    if (number >= MOST_ROWS) return null;
    const row = pattern.content.firstElementChild.cloneNode(true);
    for (const element of row.querySelectorAll("[id], [name], [aria-controls]")) {
      for (const name of ["id", "name", "aria-controls"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace("rows-new-", `rows-${number}-`));
      }
    }
    row.querySelector("[data-row-number]").textContent = number + 1;
    rows.append(row);
    return row;
  }

  function keepOneEmptyRow() {
    const last = [...rows.querySelectorAll("[data-row]")].at(-1);
    if (last && !isBlank(last)) addRow();
  }

  form.querySelector("[data-more]").addEventListener("click", (event) => {
    event.preventDefault();
    addRow()?.querySelector("[role=combobox]").focus();
  });

  // Records: a list below the field, moved in by the arrow keys.
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
    address.searchParams.set("currency", form.dataset.billed);
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
    if (option.dataset.currency) form.dataset.billed = option.dataset.currency;
    const row = field.closest("[data-row]");
    if (row) propose(row, option.dataset);
    keepOneEmptyRow();
    noteChange();
  }

  function propose(row, facts) {
    for (const name of ["description", "quantity", "unit", "price", "vat_rate"]) {
      const input = row.querySelector(`[name$="-${name}"]`);
      const isFree = !input.value.trim() || input.value === input.dataset.proposed;
      if (!isFree) continue;
      input.value = facts[name] ?? "";
      input.dataset.proposed = input.value;
    }
  }

  form.addEventListener("input", (event) => {
    const field = event.target.closest("[data-record]");
    if (field && event.target.matches("[role=combobox]")) {
      const { input, id } = parts(field);
      id.value = "";
      close(field);
      if (input.value.trim()) searches.set(field, { controller: new AbortController(), timer: setTimeout(() => search(field), WAIT.hits) });
    }
    if (event.target.closest("[data-row]")) keepOneEmptyRow();
    noteChange();
  });

  form.addEventListener("keydown", (event) => {
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

  form.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    choose(option.closest("[data-record]"), option);
  });

  form.addEventListener("focusout", (event) => {
    const field = event.target.closest("[data-record]");
    if (field) close(field);
  });

  // What was typed and not saved is not left without a question.
  addEventListener("beforeunload", (event) => {
    if (changed && !form.dataset.sent) event.preventDefault();
  });

  keepOneEmptyRow();
})();
