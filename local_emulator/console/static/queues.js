// The queues: how full they are, what lies in them.

import { act, look } from "./api.js";
import { attempt, button, empty, h, outcome, replace } from "./dom.js";
import { count, line, plural, time } from "./format.js";
import { state } from "./store.js";
import { textBlock } from "./text.js";

const EVERY_MS = 2000;

export function queues() {
  const body = h("tbody");
  const table = h(
    "table",
    { class: "queues" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ["Queue", "Visible", "In flight", "Delayed", "Leads to", ""].map((name, place) =>
          h(
            "th",
            { scope: "col", class: place > 0 && place < 4 ? "number" : null },
            name || h("span", { class: "hidden" }, "Actions"),
          ),
        ),
      ),
    ),
    body,
  );
  const said = outcome();
  const messages = h("section", { class: "messages" });
  const note = h("div");
  const element = h("div", { class: "page" }, note, table, said, messages);
  let timer = null;

  const stored = () => state.application?.queues ?? [];

  async function refresh() {
    table.hidden = stored().length === 0;
    if (!stored().length) {
      replace(note, empty("The template has no queues"));
      return;
    }
    try {
      const depths = await look("queues");
      update(depths);
      replace(note);
    } catch (error) {
      replace(note, h("p", { class: "outcome bad" }, error.message));
    }
  }

  // Cells change in place: a focused button stays where it is.
  const rows = new Map();

  function update(depths) {
    for (const depth of depths) {
      if (!rows.has(depth.id)) rows.set(depth.id, rowOf(depth));
      rows.get(depth.id).fill(depth);
    }
    const wanted = depths.map((depth) => rows.get(depth.id).element);
    if (wanted.length !== body.children.length || wanted.some((row, place) => body.children[place] !== row)) {
      body.replaceChildren(...wanted);
    }
  }

  function rowOf({ id, dead_letters_of: sources }) {
    const numbers = ["visible", "in_flight", "delayed"].map(() => h("td", { class: "number" }));
    const functions = (state.application?.event_sources ?? []).filter((source) => source.queue === id);
    const leads = functions.map((source) =>
      h("a", { href: `#functions/${encodeURIComponent(source.function)}` }, source.function),
    );
    const element = h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        id,
        sources.length > 0 && h("span", { class: "muted block" }, `dead letters of ${sources.join(", ")}`),
      ),
      numbers,
      h("td", {}, leads.length ? leads : h("span", { class: "muted" }, "nothing")),
      h(
        "td",
        {},
        h(
          "div",
          { class: "buttons" },
          button("Peek", () => peek(id), { "aria-label": `Peek into ${id}` }),
          sources.length === 1 &&
            button(
              "Redrive",
              () =>
                change(
                  async () =>
                    `${plural((await act("queues", id, "redrive")).moved, "message")} sent back to ${sources[0]}`,
                ),
              {
                "aria-label": `Redrive ${id}`,
                title: `Sends the dead letters back to ${sources[0]}`,
              },
            ),
          button("Purge", () => purge(id), { class: "danger", "aria-label": `Purge ${id}` }),
        ),
      ),
    );
    return {
      element,
      fill(depth) {
        [depth.visible, depth.in_flight, depth.delayed].forEach((value, place) => {
          numbers[place].textContent = count(value);
          numbers[place].classList.toggle("zero", value === 0);
        });
      },
    };
  }

  async function change(work) {
    await attempt(said, work);
    refresh();
  }

  function purge(id) {
    if (confirm(`Delete every message of ${id}?`)) {
      change(async () => {
        await act("queues", id, "purge");
        return `${id} is empty`;
      });
    }
  }

  async function peek(id) {
    await attempt(said, async () => {
      const found = await look("queues", id);
      const again = button("Look again", () => peek(id), { class: "quiet" });
      const shown =
        found.messages.length < found.count
          ? `the first ${found.messages.length} of ${count(found.count)}`
          : plural(found.count, "message");
      replace(
        messages,
        h("h2", {}, id, h("span", { class: "muted size" }, shown), again),
        found.messages.length === 0 &&
          h(
            "p",
            { class: "muted pad" },
            "It is empty now. What a function takes at once is rarely seen here.",
          ),
        found.messages.map(messageRow),
      );
    });
  }

  return {
    title: "Queues",
    element,
    count: () => stored().length,
    show() {
      rows.clear();
      refresh();
      clearInterval(timer);
      timer = setInterval(() => document.hidden || refresh(), EVERY_MS);
    },
    hide: () => clearInterval(timer),
    update(change) {
      if (change.fresh) {
        rows.clear();
        refresh();
      }
    },
  };
}

function messageRow(message) {
  const attributes = Object.keys(message.attributes ?? {}).length > 0;
  const details = h(
    "details",
    { class: "frame" },
    h(
      "summary",
      {},
      h("span", { class: "time" }, time(message.sent_at)),
      h("span", { class: `badge ${message.state === "visible" ? "good" : "in"}` }, message.state),
      h("span", { class: "what mono ellipsis" }, line(message.body)),
      h("span", { class: "amount" }, message.receive_count ? `received ${message.receive_count} ×` : ""),
    ),
  );
  details.addEventListener(
    "toggle",
    () => {
      details.append(textBlock("Body", message.body));
      if (attributes) details.append(textBlock("Attributes", JSON.stringify(message.attributes)));
    },
    { once: true },
  );
  return details;
}
