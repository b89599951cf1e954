// What was typed and not saved is not lost by leaving the page: the browser asks first.
let isUnsaved = false;
document.addEventListener("input", (event) => { if (event.target.closest("[data-guard]")) isUnsaved = true; });
document.addEventListener("submit", () => { isUnsaved = false; });
addEventListener("beforeunload", (event) => { if (isUnsaved) event.preventDefault(); });
