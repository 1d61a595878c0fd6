// Says on the page what allauth's passkey code would only write to the console.
(() => {
  "use strict";
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const heading = document.querySelector("main h1");
    document.querySelector("main .note--error")?.remove();
    heading?.after(document.getElementById("passkey-failed").content.cloneNode(true));
  });
})();
