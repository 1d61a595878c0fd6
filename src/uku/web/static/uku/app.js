// What HTML cannot do alone: dialogs from links, "/" for search, arrow keys in lists, one submit a form.
(() => {
  "use strict";
  const dialog = document.getElementById("dialog");
  let home = location.href;
  let changed = false;

  /** Say in the dialog that no usable answer came; the words are in the page's template. */
  function showNoAnswer() {
    dialog.replaceChildren(document.getElementById("no-answer").content.cloneNode(true));
    if (!dialog.open) dialog.showModal();
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target !== dialog) return;
    if (!dialog.open) home = location.href;
    if (event.detail.requestConfig.verb !== "get") changed = true;
  });

  // An answer that is not dialog content (a sign-in page, another page) takes the whole window.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, serverResponse } = event.detail;
    if (target !== dialog) return;
    if (serverResponse.includes("data-dialog-content")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
      return;
    }
    event.detail.shouldSwap = false;
    if (xhr.status < 400) location.assign(xhr.responseURL);
    else showNoAnswer();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    if (!dialog.open) dialog.showModal();
    const posted = event.detail.requestConfig.verb !== "get";
    const wanted = [posted ? "[role=alert], .notes" : "[autofocus]", ".tabs [aria-current]", "h2"];
    const place = wanted.map((selector) => dialog.querySelector(selector)).find(Boolean);
    if (place && !place.matches("a, input, select, textarea, button")) place.tabIndex = -1;
    place?.focus();
  });

  // What refreshes itself rests in a hidden tab, and never takes the place of a field that is being used; nor does a
  // search take the place of a choice that was made while it was under way.
  const refreshes = (element) => element.getAttribute("hx-trigger")?.startsWith("every ");
  const isUsed = (target) => target.contains(document.activeElement?.closest("input, select, textarea"));

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target } = event.detail;
    if (refreshes(elt) && (document.hidden || isUsed(target))) event.preventDefault();
  });

  const hasNewerChoice = (group, sent) => {
    const chosen = group.querySelector("input:checked");
    return chosen !== null && chosen.value !== (sent[chosen.name] ?? "");
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { requestConfig, target } = event.detail;
    const searched = target.matches("[role=radiogroup]");
    const yields = (searched || refreshes(requestConfig.elt)) && isUsed(target);
    if (yields || (searched && hasNewerChoice(target, requestConfig.parameters))) event.detail.shouldSwap = false;
  });

  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.target === dialog) showNoAnswer();
  });

  dialog?.addEventListener("close", () => {
    dialog.replaceChildren();
    if (changed) location.assign(home);
    else history.replaceState(history.state, "", home);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });

  // A second press on the same button sends nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // A button that copies a number, and says that it did.
  if (navigator.clipboard) document.documentElement.dataset.copies = "yes";
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });

  // A box that ticks all boxes of its form, and how many are ticked.
  document.addEventListener("change", (event) => {
    const { dataset, form, checked } = event.target;
    if (!form) return;
    if (dataset.all) for (const box of form.querySelectorAll(`[name="${dataset.all}"]:enabled`)) box.checked = checked;
    for (const count of form.querySelectorAll("[data-count]")) {
      count.textContent = form.querySelectorAll(`[name="${count.dataset.count}"]:checked`).length;
    }
  });

  document.addEventListener("keydown", (event) => {
    const search = document.querySelector("input[type=search]");
    const typing = event.target.matches("input, textarea, select, [contenteditable]");
    if (event.key === "/" && search && !typing && !dialog?.open) {
      event.preventDefault();
      search.select();
      search.focus();
    }
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (event.target === search || event.target.matches(".row-link"))) {
      const stops = [search, ...document.querySelectorAll(".row-link")].filter(Boolean);
      const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
  });
})();
