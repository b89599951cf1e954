// What HTML cannot do alone: theme, jump, selection, keys. Every page works without it; no inline handlers (strict CSP).
const root = document.documentElement;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  if (button.dataset.act === "theme") {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax${secure}`;
  }
  if (button.dataset.act === "palette") { event.preventDefault(); openPalette(); }
  if (button.dataset.act === "copy") navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent);
});

function openPalette() {
  const palette = document.getElementById("palette");
  if (palette && !palette.open) palette.showModal();
}

function marked(list) {
  const boxes = [...list.querySelectorAll('input[name="ref"]')];
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr").setAttribute("aria-selected", box.checked);
  const bar = list.querySelector("[data-bulk]");
  if (bar) { bar.hidden = chosen.length === 0; bar.querySelector("[data-count]").textContent = `${chosen.length} selected`; }
  const all = list.querySelector("[data-all]");
  if (all) { all.checked = boxes.length > 0 && chosen.length === boxes.length; all.indeterminate = chosen.length > 0 && !all.checked; }
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-list]");
  if (!list) return;
  if (event.target.matches("[data-all]")) for (const box of list.querySelectorAll('input[name="ref"]')) box.checked = event.target.checked;
  marked(list);
});
document.addEventListener("reset", (event) => { if (event.target.matches("[data-list]")) setTimeout(() => marked(event.target)); });

// Lists: j and k, or the arrows, move from row to row; x selects; Enter opens, as on any link.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") { event.preventDefault(); openPalette(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  const palette = event.target.closest("#palette");
  const links = palette ? [...palette.querySelectorAll("#palette-found a")] : [...document.querySelectorAll("[data-list] tbody th > a")];
  const at = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step && links.length && (at >= 0 || event.key.length === 1)) { event.preventDefault(); links[Math.min(links.length - 1, Math.max(0, at + step))].focus(); }
  if (event.key === "x" && at >= 0 && !palette) { const box = links[at].closest("tr").querySelector('input[name="ref"]'); box.checked = !box.checked; box.dispatchEvent(new Event("change", { bubbles: true })); }
});
document.getElementById("palette-query")?.addEventListener("keydown", (event) => {
  const first = document.querySelector("#palette-found a");
  if (first && event.key === "ArrowDown") { event.preventDefault(); first.focus(); }
  if (first && event.key === "Enter") { event.preventDefault(); first.click(); }
});

// Parts of a page: in a narrow window the row of links scrolls, and the one that is shown is in sight.
function showPart() {
  const row = document.querySelector(".anchors"), shown = row?.querySelector("[aria-current]");
  if (shown) row.scrollLeft = shown.offsetLeft - (row.clientWidth - shown.offsetWidth) / 2;
}
document.addEventListener("htmx:afterSettle", showPart);
showPart();
