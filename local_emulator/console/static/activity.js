// Everything that happens, in its order.

import { button, empty, h, replace } from "./dom.js";
import { invocationDetail, invocationRow, trafficDetail, trafficRow } from "./entries.js";
import { List } from "./list.js";
import { state } from "./store.js";

const MOST = 1000;
const KINDS = { frames: ["in", "out"], connections: ["connect", "disconnect", "refuse"] };

export function activity() {
  const shown = { frames: true, connections: true, invocations: true };
  let needle = "";
  let paused = false;
  let open = null;

  const list = new List({
    label: "Activity, newest last",
    key: (item) => item.key,
    render: (item) => (item.traffic ? trafficRow(item.traffic) : invocationRow(item.invocation)),
    onchoose: show,
    most: MOST,
    follow: true,
  });
  const detail = h("div", { class: "side" });
  const note = h("div");
  const filter = h("input", {
    type: "search",
    placeholder: "Filter: text, connection, function…",
    "aria-label": "Filter activity",
    oninput: () => {
      needle = filter.value.toLowerCase();
      rebuild();
    },
  });
  const pause = button(
    "Pause",
    () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
      if (!paused) rebuild();
    },
    { "aria-pressed": "false" },
  );
  const kinds = Object.keys(shown).map((name) => {
    const box = h("input", {
      type: "checkbox",
      checked: true,
      onchange: () => ((shown[name] = box.checked), rebuild()),
    });
    return h("label", { class: "check" }, box, name);
  });
  const element = h(
    "div",
    { class: "split" },
    h("div", { class: "pane" }, h("div", { class: "tools" }, filter, kinds, pause), note, list.element),
    detail,
  );
  nothingOpen();

  function nothingOpen() {
    replace(
      detail,
      empty("Nothing is chosen", "Choose a line to see the whole of it. Arrow keys go up and down."),
    );
  }

  function wanted(item) {
    const kind = item.traffic
      ? KINDS.frames.includes(item.traffic.kind)
        ? "frames"
        : "connections"
      : "invocations";
    return shown[kind] && (!needle || haystack(item).includes(needle));
  }

  function rebuild() {
    const items = [
      ...[...state.traffic.values()].map(ofTraffic),
      ...[...state.invocations.values()].map(ofInvocation),
    ].filter(wanted);
    items.sort((one, other) => one.at - other.at);
    list.set(items.slice(-MOST));
    list.element.scrollTop = list.element.scrollHeight;
    tellNothing();
  }

  function tellNothing() {
    const nothing = list.rows.size === 0;
    list.element.hidden = nothing;
    const any = state.traffic.size + state.invocations.size > 0;
    replace(
      note,
      nothing &&
        (any
          ? empty("Nothing fits the filter")
          : empty(
              "Nothing has happened yet",
              "Call an API of the template, connect under Connections, or invoke a function under Functions.",
            )),
    );
  }

  async function show(item) {
    open = item.key;
    const built = item.traffic
      ? trafficDetail(item.traffic)
      : await invocationDetail(item.invocation.number).catch((error) =>
          empty("It cannot be shown", error.message),
        );
    if (open === item.key) replace(detail, built);
  }

  return {
    title: "Activity",
    element,
    show() {
      rebuild();
    },
    update(change) {
      if (paused) return;
      if (change.fresh) {
        rebuild();
        nothingOpen();
        return;
      }
      const items = [...change.traffic.map(ofTraffic), ...change.invocations.map(ofInvocation)].filter(
        wanted,
      );
      items.sort((one, other) => one.at - other.at);
      list.put(items);
      tellNothing();
      const again = items.find((item) => item.key === open && item.invocation);
      if (again) show(again);
    },
  };
}

const ofTraffic = (entry) => ({ key: `t${entry.number}`, at: entry.at, traffic: entry });
const ofInvocation = (entry) => ({ key: `i${entry.number}`, at: entry.at, invocation: entry });

function haystack({ traffic, invocation }) {
  const parts = traffic
    ? [traffic.connection, traffic.route, traffic.text, traffic.kind]
    : [invocation.function, invocation.cause, invocation.response, invocation.error, invocation.request_id];
  return parts.filter(Boolean).join(" ").toLowerCase();
}
