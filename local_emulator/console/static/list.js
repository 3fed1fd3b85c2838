// A list of rows of which one can be chosen: by mouse, or by arrow keys, Home and End.

import { h } from "./dom.js";

export class List {
  /** `render(item)` gives a row's cells; `onchoose(item)` hears of a choice. Keys are unique, items come in order. */
  constructor({ label, key, render, onchoose, most = 1000, follow = false }) {
    this.key = key;
    this.render = render;
    this.onchoose = onchoose;
    this.most = most;
    this.follow = follow;
    this.rows = new Map();
    this.chosen = null;
    this.element = h("div", {
      role: "listbox",
      class: "list",
      "aria-label": label,
      tabindex: "0",
      onkeydown: (event) => this.#move(event),
      onclick: (event) => this.#clicked(event),
    });
  }

  clear() {
    this.rows.clear();
    this.element.replaceChildren();
  }

  /** Adds rows at the end, or renders those anew that are there. */
  put(items) {
    const bottom = this.#atBottom();
    const added = document.createDocumentFragment();
    for (const item of items) {
      const key = this.key(item);
      const there = this.rows.get(key);
      if (there) {
        there.item = item;
        there.element.replaceChildren(...[this.render(item)].flat().filter(Boolean));
      } else {
        const element = h("div", {
          role: "option",
          class: "row",
          "aria-selected": String(key === this.chosen),
        });
        element.id = `row-${Math.random().toString(36).slice(2)}`;
        element.append(...[this.render(item)].flat().filter(Boolean));
        element.key = key;
        this.rows.set(key, { item, element });
        added.append(element);
      }
    }
    this.element.append(added);
    this.#trim();
    if (this.follow && bottom) this.element.scrollTop = this.element.scrollHeight;
  }

  /** These rows and no others. */
  set(items) {
    this.clear();
    this.put(items);
  }

  choose(key, { quietly = false } = {}) {
    const before = this.rows.get(this.chosen);
    before?.element.setAttribute("aria-selected", "false");
    this.chosen = key;
    const row = this.rows.get(key);
    if (!row) return;
    row.element.setAttribute("aria-selected", "true");
    this.element.setAttribute("aria-activedescendant", row.element.id);
    row.element.scrollIntoView({ block: "nearest" });
    if (!quietly) this.onchoose(row.item);
  }

  #atBottom() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - 40;
  }

  #trim() {
    for (const [key, { element }] of this.rows) {
      if (this.rows.size <= this.most) return;
      element.remove();
      this.rows.delete(key);
    }
  }

  #clicked(event) {
    const row = event.target.closest("[role=option]");
    if (row) this.choose(row.key);
  }

  #move(event) {
    const keys = [...this.rows.keys()];
    const place = keys.indexOf(this.chosen);
    const page = 10;
    const to = {
      ArrowDown: place + 1,
      ArrowUp: place < 0 ? keys.length - 1 : place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: keys.length - 1,
    }[event.key];
    if (to === undefined || !keys.length) return;
    event.preventDefault();
    this.choose(keys[Math.min(keys.length - 1, Math.max(0, to))]);
  }
}
