// Every page works without this file. It asks nobody but the page's own address, and keeps nothing.
"use strict";

// main[data-live="seconds"]: the page looks again by itself. Parts ([data-part]) that differ are replaced, but none
// in which somebody works; then [data-waits] is shown instead. [data-said] tells of news politely: the text
// of data-news, when data-version is another one. [data-stale] is shown while looking does not work.
const live = document.querySelector("main[data-live]");
const show = (name, yes) => { for (const each of document.querySelectorAll(name)) each.hidden = !yes; };

// Hidden keys are new each time the page is made, and are no difference.
const shape = (part) => part.innerHTML.replace(/(name="(?:key|guard)" value=")[^"]*/g, "$1").replace(/ open=""/g, "");

const typed = (input) => input.type === "checkbox" || input.type === "radio"
  ? input.checked !== input.defaultChecked
  : input.type !== "hidden" && "defaultValue" in input && input.value !== input.defaultValue;

const chosen = (select) => select.selectedIndex > Math.max(0, [...select.options].findIndex((o) => o.defaultSelected));

const busy = (part) => part.querySelector("details[open]") !== null
  || part.contains(document.activeElement)
  || [...part.querySelectorAll("input, textarea")].some(typed)
  || [...part.querySelectorAll("select")].some(chosen);

// What data-now says overtakes everything: a yes that was taken back closes what is open, whoever works in it.
function replace(part, fresh) {
  const same = part.dataset.keep !== undefined && part.dataset.keep === fresh.dataset.keep;
  if (same || shape(part) === shape(fresh)) return false;
  if (busy(part) && fresh.dataset.now === undefined) return true;
  for (const name of ["keep", "now"]) {
    if (fresh.dataset[name] === undefined) delete part.dataset[name];
    else part.dataset[name] = fresh.dataset[name];
  }
  part.replaceChildren(...fresh.childNodes);
  return false;
}

async function look() {
  const options = { credentials: "same-origin", redirect: "error", headers: { "x-looks-again": "yes" } };
  const answer = await fetch(live.dataset.at || location.pathname, options);
  if (!answer.ok) throw new Error("this page cannot be looked at now");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  let left = false;
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (other && replace(part, other)) left = true;
  }
  const main = fresh.querySelector("main[data-live]");
  if (main && main.dataset.version !== live.dataset.version) {
    live.dataset.version = main.dataset.version;
    for (const said of document.querySelectorAll("[data-said]")) said.textContent = main.dataset.news;
    if (left) show("[data-waits]", true);
  }
}

async function again() {
  const ended = document.hidden ? null : await look().then(() => true, () => false);
  if (ended !== null) show("[data-stale]", !ended);
  setTimeout(again, 1000 * Number(live.dataset.live));
}

if (live) {
  setTimeout(again, 1000 * Number(live.dataset.live));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look().catch(() => {}); });
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// a[data-leave]: a quick way out, by its link or the Escape key. This page's place in the list of pages seen is
// taken by the other one, and what form[data-end] ends is ended.
const out = document.querySelector("a[data-leave]");

function leave(event) {
  event.preventDefault();
  const end = document.querySelector("form[data-end]");
  if (end) navigator.sendBeacon(end.action, new URLSearchParams(new FormData(end)));
  document.documentElement.hidden = true;
  location.replace(out.href);
}

if (out) {
  out.addEventListener("click", leave);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(event); });
}
