// Keeps the keyboard's place: what had focus may be drawn anew, or go away with the card that offered it.

let last = null;

addEventListener("focusin", (event) => {
  if (event.target.closest("dialog")) return;
  last = { key: event.target.dataset.key, ts: event.target.closest("[data-ts]")?.dataset.ts, box: event.target.closest(".scroll")?.firstElementChild.id };
});
// Whoever clicks beside everything wants to be nowhere.
addEventListener("pointerdown", () => { last = null; }, true);

function* nearest() {
  if (last.key) yield `[data-key="${CSS.escape(last.key)}"]`;
  if (last.ts) yield `article[data-ts="${CSS.escape(last.ts)}"]`;
  if (last.box) yield `#${last.box}`;
  yield "#room";
}

// The same thing if it is still there; else its message, else the messages around it.
export function keepFocus() {
  if (!last || document.activeElement !== document.body || document.querySelector("dialog[open]")) return;
  for (const place of nearest()) {
    document.querySelector(place)?.focus({ preventScroll: true });
    if (document.activeElement !== document.body) return;
  }
}
