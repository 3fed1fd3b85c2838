// A text as a person reads it: JSON with line breaks, long ones in part until somebody asks for the rest.

import { button, h } from "./dom.js";
import { bytes, pretty, unfolded } from "./format.js";

const SHOWN = 32 * 1024;

/** `text` may be the beginning of one of `length` characters; `whole()` then fetches all of it. */
export function textBlock(name, text, length = text.length, whole = async () => text) {
  const complete = length === text.length;
  const readable = complete ? pretty(text) : text;
  const cut = !complete || readable.length > SHOWN;
  const content = h("pre", { tabindex: "0", "aria-label": name }, readable.slice(0, SHOWN));
  const more = h("p", { class: "more" });
  const unfolding = h("span");
  if (complete) offerUnfolding(text);

  function offerUnfolding(all) {
    const other = unfolded(all);
    if (other === null) return;
    const toggle = button(
      "Unfold",
      () => {
        const pressed = toggle.getAttribute("aria-pressed") !== "true";
        toggle.setAttribute("aria-pressed", String(pressed));
        content.textContent = pressed ? other : pretty(all);
      },
      { class: "quiet", "aria-pressed": "false", title: "Shows JSON that is in strings as JSON" },
    );
    unfolding.replaceChildren(toggle);
  }

  async function showAll() {
    try {
      const all = await whole();
      content.textContent = pretty(all);
      more.remove();
      offerUnfolding(all);
    } catch (error) {
      more.replaceChildren(error.message);
    }
  }

  if (cut) {
    const shown = bytes(Math.min(SHOWN, text.length));
    more.append(`The first ${shown}. `, button(`Show all ${bytes(length)}`, showAll, { class: "quiet" }));
  }
  return h(
    "section",
    { class: "text" },
    h("h3", {}, name, h("span", { class: "muted size" }, length ? bytes(length) : "empty"), unfolding),
    length ? content : null,
    cut ? more : null,
  );
}
