// The functions, and what came of their invocations; invokes one with an event of the template's or of the person's.

import { invoke, look } from "./api.js";
import { attempt, empty, facts, field, h, outcome, replace } from "./dom.js";
import { invocationDetail, invocationRow } from "./entries.js";
import { plural } from "./format.js";
import { List } from "./list.js";
import { state } from "./store.js";

const MOST = 200;

export function functions() {
  const detail = h("div", { class: "side" });
  const list = new List({
    label: "Functions",
    key: (one) => one.id,
    render: (one) => [
      h("span", { class: "who ellipsis" }, one.id),
      h("span", { class: "amount" }, plural(of(one.id).length, "invocation")),
    ],
    onchoose: (one) => (location.hash = `functions/${encodeURIComponent(one.id)}`),
  });
  const element = h("div", { class: "split narrow-list" }, h("div", { class: "pane" }, list.element), detail);
  const panels = new Map(); // an event that is being written outlives a look elsewhere
  let open = null;

  function known() {
    return state.application?.functions ?? [];
  }

  function select(id) {
    const one = known().find((each) => each.id === (id ?? open ?? known()[0]?.id));
    open = one?.id ?? null;
    list.set(known());
    if (!one) {
      replace(detail, empty(id ? `The template has no function ${id}` : "The template has no functions"));
      return;
    }
    list.choose(one.id, { quietly: true });
    const described = JSON.stringify(one);
    if (panels.get(one.id)?.described !== described) panels.set(one.id, { described, ...panelOf(one) });
    replace(detail, panels.get(one.id).element);
    panels.get(one.id).refresh();
  }

  return {
    title: "Functions",
    element,
    count: () => known().length,
    show: select,
    update(change) {
      if (change.fresh) {
        select(open);
        return;
      }
      if (!change.invocations.length) return;
      const names = new Set(change.invocations.map((entry) => entry.function));
      list.put(known().filter((one) => names.has(one.id)));
      if (names.has(open))
        panels.get(open)?.update(change.invocations.filter((entry) => entry.function === open));
    },
  };
}

const of = (id) => [...state.invocations.values()].filter((entry) => entry.function === id);

function panelOf(one) {
  const processes = h("span", {}, "");
  const event = h("textarea", { rows: "10", spellcheck: "false", class: "code" }, "{}");
  const fixture = h("select");
  const said = outcome();
  const result = h("div", { "aria-live": "polite" });
  const history = h("div");
  const run = h("button", { type: "submit", class: "primary" }, "Invoke");
  let chosen = null;
  const list = new List({
    label: `Invocations of ${one.id}, newest last`,
    key: (entry) => entry.number,
    render: invocationRow,
    onchoose: (entry) => present(entry.number),
    most: MOST,
    follow: true,
  });

  async function present(number) {
    chosen = number;
    const built = await invocationDetail(number).catch((error) => empty("It cannot be shown", error.message));
    if (chosen === number) replace(result, built);
  }

  fixture.addEventListener("change", () =>
    attempt(said, async () => {
      if (fixture.value) event.value = (await look("events", fixture.value)).text;
    }),
  );

  const form = h(
    "form",
    {
      class: "act",
      "aria-label": `Invoke ${one.id}`,
      onsubmit: (submitted) => {
        submitted.preventDefault();
        run.disabled = true;
        attempt(said, async () => {
          try {
            JSON.parse(event.value);
          } catch (error) {
            throw new Error(`The event is no JSON: ${error.message}`);
          }
          const { number, answer } = await invoke(one.id, event.value);
          if (number === null) return answer;
          list.choose(number);
          await present(number);
        }).finally(() => (run.disabled = false));
      },
      onkeydown: (pressed) => {
        if (pressed.key === "Enter" && (pressed.ctrlKey || pressed.metaKey)) form.requestSubmit();
      },
    },
    field("Fixture", fixture, "From the folder events beside the template"),
    field("Event", event),
    h("div", { class: "buttons" }, run, h("span", { class: "hint" }, "Ctrl+Enter"), said),
  );

  async function refresh() {
    list.set(of(one.id).slice(-MOST));
    replace(history, list.rows.size === 0 && h("p", { class: "muted pad" }, "Not invoked yet"));
    list.element.hidden = list.rows.size === 0;
    count();
    const names = await look("events").catch(() => []);
    const before = fixture.value;
    replace(
      fixture,
      h("option", { value: "" }, names.length ? "choose one" : "none there"),
      names.map((name) => h("option", { value: name }, name)),
    );
    fixture.value = before;
  }

  let counting = false;

  async function count() {
    if (counting) return; // a busy function is asked about once at a time
    counting = true;
    const all = await look("environments").catch(() => []);
    counting = false;
    const own = all.filter((environment) => environment.function === one.id);
    const busy = own.filter((environment) => environment.busy).length;
    processes.textContent = own.length ? `${own.length} (${busy} busy)` : "none yet";
  }

  const variables = Object.entries(one.environment);
  const element = h(
    "article",
    { class: "detail", "aria-label": one.id },
    h("h2", {}, one.id),
    facts(
      [
        ["Handler", h("span", { class: "mono" }, one.handler)],
        ["Runtime", one.runtime],
        ["Time-out", `${one.timeout_seconds} s`],
        ["Memory", `${one.memory_mb} MB`],
        ["Reserved concurrency", one.reserved_concurrency],
        ["Processes", processes],
      ],
      "wide",
    ),
    variables.length > 0 &&
      h(
        "details",
        { class: "variables" },
        h("summary", {}, plural(variables.length, "environment variable")),
        facts(variables.map(([name, value]) => [name, h("span", { class: "mono" }, value)])),
      ),
    form,
    result,
    h("section", { class: "past" }, h("h3", {}, "Invocations"), history, list.element),
  );
  return {
    element,
    refresh,
    update(entries) {
      list.put(entries);
      list.element.hidden = list.rows.size === 0;
      replace(history);
      count();
      if (entries.some((entry) => entry.number === chosen)) present(chosen);
    },
  };
}
