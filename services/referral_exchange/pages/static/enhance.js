// Every page works without this file. It asks nobody but the page's own address, and keeps nothing.
"use strict";

// A page with data-live="seconds" on its main part looks again by itself, and says so quietly.
const live = document.querySelector("main[data-live]");

async function look() {
  if (document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (other && other.innerHTML !== part.innerHTML) part.replaceChildren(...other.childNodes);
  }
}

if (live) setInterval(() => look().catch(() => {}), 1000 * Number(live.dataset.live));

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
