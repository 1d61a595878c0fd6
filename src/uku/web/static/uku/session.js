// What a person typed outlives the session. A form with data-keeps is sent when the server has just said that the same
// person is still signed in; else it stays on the page, under a note that says what to do. Nothing is stored anywhere.
(() => {
  "use strict";
  const { person, signedIn } = document.body.dataset;

  /** Return why the form cannot be sent, "" when it can. Who signed in again in another tab has another security code. */
  async function whyNot() {
    const response = await fetch(signedIn).catch(() => null);
    const found = response?.ok ? await response.json().catch(() => null) : null;
    if (!found) return "silent";
    if (found.person === null) return "expired";
    if (String(found.person) !== person) return "other";
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = found.code;
    return "";
  }

  /** Show the note that belongs to the reason, at the top of the page or dialog that has the form. */
  function showNote(form, reason) {
    const here = form.closest(".dialog__body, .page");
    here.querySelector("[data-kept]")?.remove();
    if (!reason) return null;
    const note = document.getElementById(`kept-${reason}`).content.firstElementChild.cloneNode(true);
    const head = here.querySelector(".page-head");
    if (head) head.after(note);
    else here.prepend(note);
    return note;
  }

  /** Say whether the same person is signed in; if not, say on the page why nothing is sent. */
  async function mayBeSent(form) {
    const reason = await whyNot();
    const note = showNote(form, reason);
    return { note, yes: !reason };
  }
  globalThis.uku = { mayBeSent };

  // Before htmx, and before the check that a form is sent once only.
  const asking = new WeakSet();
  const checked = new WeakSet();
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      if (!("keeps" in form.dataset) || checked.has(form)) return;
      event.preventDefault();
      event.stopPropagation();
      if (asking.has(form)) return;
      asking.add(form);
      const { submitter } = event;
      const { note, yes } = await mayBeSent(form);
      asking.delete(form);
      if (!yes) return note.focus();
      checked.add(form);
      form.requestSubmit(submitter);
      checked.delete(form);
    },
    true,
  );
})();
