// Keys: ? lists them, g and a letter go somewhere, the arrows move in the tree of controls. Nothing here is needed to work.
const places = { h: "/", s: "in/systems/", r: "in/risks/", c: "in/controls/", e: "in/evidence/", m: "in/monitoring/", i: "in/incidents/", o: "in/organisation/" };
let isGoing = false;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, [contenteditable]")) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "?") { event.preventDefault(); document.getElementById("keys")?.showModal(); return; }
  const home = document.querySelector(".rail a")?.getAttribute("href");
  if (isGoing && event.key in places && home) { event.preventDefault(); location.assign(event.key === "h" ? home : home + places[event.key]); }
  isGoing = event.key === "g" && !isGoing;
});

// The tree: up and down through what is shown, right opens, left closes or goes up to the group.
document.addEventListener("keydown", (event) => {
  const at = event.target.closest("[data-tree] :is(summary, a)");
  if (!at || !["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Home", "End"].includes(event.key)) return;
  event.preventDefault();
  const shown = [...at.closest("[data-tree]").querySelectorAll("summary, a")].filter((one) => one.checkVisibility());
  const group = at.closest("details");
  if (event.key === "ArrowRight" && at.matches("summary")) group.open = true;
  else if (event.key === "ArrowLeft") { if (at.matches("summary")) group.open = false; else group.querySelector("summary").focus(); }
  else if (event.key === "Home") shown[0].focus();
  else if (event.key === "End") shown[shown.length - 1].focus();
  else if (event.key !== "ArrowRight") shown[Math.min(shown.length - 1, Math.max(0, shown.indexOf(at) + (event.key === "ArrowDown" ? 1 : -1)))].focus();
});
