"use strict";
// A click, Enter or Space on a head sorts its table: numbers by their value, the largest first; what is missing stays last.
const MISSING = new Set(["", "-", "\u2013", "NaN", "nan", "None"]);
function numberOf(text) {
  const found = /^[+\-\u2212]?(\d[\d,]*\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text);
  return found ? Number(found[0].replaceAll(",", "").replace("\u2212", "-")) : NaN;
}
function sortBy(head, column) {
  const body = head.closest("table").tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, text: (row.cells[column]?.textContent ?? "").trim() }));
  const there = rows.filter((one) => !MISSING.has(one.text));
  const numeric = column > 0 && there.every((one) => !Number.isNaN(numberOf(one.text)));
  const now = head.getAttribute("aria-sort");
  const down = now ? now === "ascending" : numeric;
  const compare = numeric
    ? (a, b) => numberOf(a.text) - numberOf(b.text)
    : (a, b) => a.text.localeCompare(b.text, "en", { numeric: true });
  there.sort((a, b) => (down ? -compare(a, b) : compare(a, b)));
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...[...there, ...rows.filter((one) => MISSING.has(one.text))].map((one) => one.row));
}
for (const table of document.querySelectorAll("table:not(.words)")) {
  if (!table.tHead || !table.tBodies.length || table.tBodies[0].rows.length < 2) continue;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(head, column));
  });
}
