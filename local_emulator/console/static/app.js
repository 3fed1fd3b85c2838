// Puts the page together: the views, and which of them is shown (the part of the address after #).

import { activity } from "./activity.js";
import { act } from "./api.js";
import { apis } from "./apis.js";
import { connections } from "./connections.js";
import { h, replace } from "./dom.js";
import { listen } from "./feed.js";
import { bytes, count } from "./format.js";
import { functions } from "./functions.js";
import { queues } from "./queues.js";
import { state, subscribe } from "./store.js";
import { tables } from "./tables.js";

const views = { activity, connections, functions, queues, tables, apis };
const made = Object.fromEntries(Object.entries(views).map(([name, make]) => [name, make()]));
const main = document.querySelector("#main");
const links = Object.fromEntries(
  Object.entries(made).map(([name, view]) => [
    name,
    h("a", { href: `#${name}` }, view.title, h("span", { class: "count" })),
  ]),
);
let current = null;

function show() {
  const [name, argument] = location.hash.slice(1).split("/");
  const wanted = name in made ? name : "activity";
  if (current !== wanted) {
    made[current]?.hide?.();
    current = wanted;
    replace(main, made[current].element);
  }
  for (const [each, link] of Object.entries(links)) {
    if (each === wanted) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${made[wanted].title} · local_emulator`;
  made[wanted].show(argument === undefined ? undefined : decodeURIComponent(argument));
}

function describe() {
  const status = document.querySelector("#status");
  const word = state.live ? "Live" : state.application ? "Emulator away, trying again" : "Connecting";
  if (status.textContent !== word) status.textContent = word;
  status.classList.toggle("live", state.live);
  document.querySelector("#template").textContent = state.application?.template ?? "";
  for (const [name, link] of Object.entries(links)) {
    const number = made[name].count?.();
    link.querySelector(".count").textContent = number ? count(number) : "";
  }
  const { history } = state;
  if (!history) return;
  const part = (word, ring) => `${count(ring.entries)} of ${count(ring.most_entries)} ${word}`;
  const place = document.querySelector("#history");
  place.textContent = `kept: ${part("frames", history.traffic)}, ${part("invocations", history.invocations)}`;
  place.title =
    `Frames: ${bytes(history.traffic.bytes)} of at most ${bytes(history.traffic.most_bytes)}. ` +
    `Invocations: ${bytes(history.invocations.bytes)} of at most ${bytes(history.invocations.most_bytes)}. ` +
    "The oldest make room.";
}

document.querySelector("nav").append(...Object.values(links));
document.querySelector("#clear").addEventListener("click", () => act("clear"));
window.addEventListener("hashchange", show);
subscribe((change) => {
  describe();
  made[current].update(change);
});
show();
listen();
