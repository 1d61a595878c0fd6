// The page of a draft: rows that appear by themselves, sums beside the form, nothing lost with a session or a line.
// What a person typed is never replaced: a proposal fills an empty field, or takes the place of an older proposal.
(() => {
  "use strict";
  const form = document.getElementById("draft-form");
  if (!form) return;
  const rows = document.getElementById("rows");
  const pattern = document.getElementById("row-pattern");
  const summary = document.getElementById("draft-summary");
  const MOST_ROWS = 100;
  const WAIT = 400;

  const askForSums = () => fetch(form.dataset.summary, { method: "POST", body: new FormData(form) }).catch(() => null);

  // Sums and checks. Only the newest question is answered, and no field is in the answer.
  let asked = 0;
  let changes = 0;
  let timer = 0;
  let changed = "unsaved" in form.dataset;

  const isUsable = (response) => response?.ok && !response.redirected;

  async function refreshSummary() {
    const mine = ++asked;
    const seen = changes;
    let response = await askForSums();
    if (!isUsable(response) || document.querySelector("[data-kept]")) {
      if (!(await globalThis.uku.mayBeSent(form)).yes) return;
      response = await askForSums();
    }
    if (mine !== asked || !isUsable(response)) return;
    summary.innerHTML = await response.text();
    if (seen === changes) followClient();
  }

  // A rate that nobody wrote follows the client. That nobody did, the server reads in a hidden field.
  const markOf = (rate) => rate.closest("[data-row]").querySelector('[name$="-proposed_rate"]');

  function followClient() {
    for (const { dataset, value } of summary.querySelectorAll("[data-follow]")) {
      const rate = form.elements.namedItem(`${dataset.follow}-vat_rate`);
      if (rate.value === markOf(rate).value) rate.value = markOf(rate).value = value;
    }
  }

  function noteChange() {
    changed = true;
    changes++;
    clearTimeout(timer);
    timer = setTimeout(refreshSummary, WAIT);
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
    const row = addRow();
    if (!row) return; // the server says why there are no more
    event.preventDefault();
    row.querySelector("[role=combobox]").focus();
  });

  function propose(row, facts) {
    for (const name of ["description", "quantity", "unit", "price", "vat_rate"]) {
      const input = row.querySelector(`[name$="-${name}"]`);
      const older = name === "vat_rate" ? markOf(input).value : input.dataset.proposed;
      if (input.value.trim() && input.value !== older) continue;
      input.value = facts[name] ?? "";
      input.dataset.proposed = input.value;
      if (name === "vat_rate") markOf(input).value = input.value;
    }
  }

  form.addEventListener("record-chosen", (event) => {
    if (event.detail.currency) form.dataset.billed = event.detail.currency;
    const row = event.target.closest("[data-row]");
    if (row) propose(row, event.detail);
    keepOneEmptyRow();
    noteChange();
  });

  form.addEventListener("input", (event) => {
    if (event.target.name.endsWith("-vat_rate")) markOf(event.target).value = "";
    if (event.target.closest("[data-row]")) keepOneEmptyRow();
    noteChange();
  });

  // What was typed and not saved is not left without a question.
  addEventListener("beforeunload", (event) => {
    if (changed && !form.dataset.sent) event.preventDefault();
  });

  keepOneEmptyRow();
  followClient();
})();
