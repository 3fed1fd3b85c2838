// Rows of the tables, as DynamoDB has them.

import { lookWith } from "./api.js";
import { button, empty, field, h, replace } from "./dom.js";
import { attribute, count, line, plain, plural } from "./format.js";
import { state } from "./store.js";
import { textBlock } from "./text.js";

const MOST_COLUMNS = 12;
const MOST_CHARACTERS = 120;

export function tables() {
  const choice = h("select", { onchange: () => first() });
  const partition = h("input", { type: "text", spellcheck: "false", placeholder: "all" });
  const note = h("p", { class: "muted", role: "status" });
  const rows = h("div", { class: "rows" });
  const chosen = h("div");
  const more = button("More rows", () => load(following), { hidden: true });
  const tools = h(
    "form",
    {
      class: "connect",
      "aria-label": "Rows to show",
      onsubmit: (event) => {
        event.preventDefault();
        first();
      },
    },
    h(
      "div",
      { class: "fields" },
      field("Table", choice),
      field("Partition key", partition),
      h("button", { type: "submit", class: "primary" }, "Read"),
    ),
  );
  const element = h("div", { class: "page" }, tools, note, rows, more, chosen);
  let following = "";
  let shown = [];
  let asked = 0;

  const stored = () => state.application?.tables ?? [];

  function first() {
    shown = [];
    replace(chosen);
    return load("");
  }

  async function load(start) {
    if (!choice.value) return;
    const mine = ++asked;
    try {
      const found = await lookWith({ partition: partition.value, start }, "tables", choice.value);
      if (mine !== asked) return;
      shown.push(...found.rows);
      following = found.next;
      more.hidden = !following;
      const of = found.count !== null && !partition.value ? ` of ${count(found.count)}` : "";
      note.textContent = `${plural(shown.length, "row")}${of}, keys: ${found.keys.join(", ")}`;
      replace(
        rows,
        shown.length
          ? grid(found.keys)
          : empty("No rows", partition.value ? "Nothing has this partition key." : "The table is empty."),
      );
    } catch (error) {
      note.textContent = error.message;
    }
  }

  function grid(keys) {
    const often = new Map();
    for (const name of shown.flatMap(Object.keys)) often.set(name, (often.get(name) ?? 0) + 1);
    const others = [...often.keys()].filter((name) => !keys.includes(name));
    others.sort((one, other) => often.get(other) - often.get(one));
    const names = [...keys, ...others];
    const columns = names.slice(0, MOST_COLUMNS);
    const rest = names.length - columns.length;
    return h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": `Rows of ${choice.value}` },
      h(
        "table",
        { class: "data" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            columns.map((name) => h("th", { scope: "col" }, name)),
            rest > 0 && h("th", {}, `and ${rest} more`),
          ),
        ),
        h(
          "tbody",
          {},
          shown.map((row) => rowOf(row, columns, keys)),
        ),
      ),
    );
  }

  function rowOf(row, columns, keys) {
    const [key, ...others] = columns;
    return h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        button(short(row[key]), () => open(row, keys), { class: "link mono" }),
      ),
      others.map((name) => h("td", { class: "mono" }, short(row[name]))),
    );
  }

  function open(row, keys) {
    const whole = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
    const title = keys.map((name) => attribute(row[name])).join("  ");
    replace(
      chosen,
      h("article", { class: "detail", "aria-label": "Row" }, textBlock(title, JSON.stringify(whole))),
    );
    chosen.scrollIntoView({ block: "nearest" });
  }

  function fill() {
    const before = choice.value;
    replace(
      choice,
      stored().map((table) => h("option", { value: table.id }, table.id)),
    );
    if (before) choice.value = before;
    tools.hidden = stored().length === 0;
    if (!stored().length) replace(rows, empty("The template has no tables"));
    return first();
  }

  return {
    title: "Tables",
    element,
    count: () => stored().length,
    show: fill,
    update(change) {
      if (change.fresh) fill();
    },
  };
}

function short(value) {
  const text = line(attribute(value));
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
