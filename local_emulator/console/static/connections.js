// Who is connected, what they sent and were sent; and clients of this page's own.

import { close, drop, look, post } from "./api.js";
import { client, clients, onClients } from "./client.js";
import { attempt, button, empty, facts, field, h, outcome, replace } from "./dom.js";
import { what } from "./entries.js";
import { ago, bytes, count, line, time } from "./format.js";
import { List } from "./list.js";
import { state } from "./store.js";
import { textBlock } from "./text.js";

const MOST_FRAMES = 300;

export function connections() {
  const detail = h("div", { class: "side" });
  const note = h("div");
  const list = new List({
    label: "Connections",
    key: (item) => item.key,
    render: row,
    onchoose: (item) => (location.hash = `connections/${encodeURIComponent(item.key)}`),
  });
  const connecting = connectForm((made) => (location.hash = `connections/${encodeURIComponent(made.key)}`));
  const element = h(
    "div",
    { class: "split narrow-list" },
    h(
      "div",
      { class: "pane" },
      connecting.element,
      h("h2", { class: "list-title" }, "Connections"),
      note,
      list.element,
    ),
    detail,
  );
  let open = null;
  let panel = null;
  onClients(rebuild);

  function items() {
    const live = [...state.connections.values()].filter((connection) => !connection.ended).reverse();
    const ended = [...state.connections.values()].filter((connection) => connection.ended).reverse();
    return [
      ...clients().map((one) => ({ key: one.key, client: one })),
      ...[...live, ...ended].map((connection) => ({ key: connection.id, connection })),
    ];
  }

  function rebuild() {
    const all = items();
    list.set(all);
    list.element.hidden = all.length === 0;
    const more = state.connectionCount - [...state.connections.values()].filter((one) => !one.ended).length;
    replace(
      note,
      all.length === 0 && empty("Nobody is connected", "Connect from here, or from your own client."),
      more > 0 && h("p", { class: "muted pad" }, `and ${count(more)} older ones that are not listed`),
    );
    if (open) list.choose(open, { quietly: true });
  }

  function select(key) {
    open = key;
    const item = items().find((one) => one.key === key);
    panel = item ? (item.client ? clientPanel(item.client) : connectionPanel(item.connection)) : null;
    if (panel) replace(detail, panel.element);
    else if (key)
      replace(detail, empty("That connection is not known", "It ended before the history that is kept."));
    else
      replace(
        detail,
        empty("No connection is chosen", "Choose one to see its frames, post to it, or end it."),
      );
    rebuild();
  }

  return {
    title: "Connections",
    element,
    count: () => state.connectionCount,
    show(key) {
      connecting.update();
      select(key ?? null);
    },
    update(change) {
      if (change.fresh) {
        connecting.update();
        select(open);
        return;
      }
      if (change.traffic.some((entry) => entry.kind !== "in" && entry.kind !== "out")) rebuild();
      panel?.update(change);
    },
  };
}

function row({ client: own, connection }) {
  if (own) {
    return [
      h("span", { class: `badge ${own.open ? "good" : "muted"}` }, own.state),
      h("span", { class: "who mono ellipsis" }, own.path),
      h("span", { class: "amount" }, "this page"),
    ];
  }
  const { ended } = connection;
  return [
    h("span", { class: `badge ${ended ? "muted" : "good"}` }, ended ? `ended ${ended.code}` : "open"),
    h("span", { class: "who mono ellipsis" }, connection.id),
    h("span", { class: "amount" }, connection.api),
  ];
}

function connectForm(onmade) {
  const path = h("select");
  const query = h("input", { type: "text", placeholder: "token=abc&room=7", spellcheck: "false" });
  const protocols = h("input", { type: "text", placeholder: "none", spellcheck: "false" });
  const said = outcome();
  const submit = h("button", { type: "submit", class: "primary" }, "Connect");
  const element = h(
    "form",
    {
      class: "connect",
      "aria-label": "Connect from this page",
      onsubmit: (event) => {
        event.preventDefault();
        attempt(said, async () => onmade(client(path.value, query.value, protocols.value)) && "");
      },
    },
    h(
      "div",
      { class: "fields" },
      field("API", path),
      field("Query", query),
      field("Subprotocols", protocols),
      submit,
    ),
    said,
  );
  function update() {
    const options = (state.application?.websocket_apis ?? []).flatMap((api) =>
      api.paths.map((one) => h("option", { value: one }, `${api.id}  ${one}`)),
    );
    const before = path.value;
    replace(path, options.length ? options : h("option", { value: "" }, "no WebSocket API"));
    if (before) path.value = before;
    submit.disabled = options.length === 0;
  }
  update();
  return { element, update };
}

function connectionPanel(connection) {
  const { id } = connection;
  const about = h("div");
  const frames = frameList("Frames", (entry) => async () => (await look("traffic", entry.number)).text);
  const said = outcome();
  const message = h("textarea", { rows: "3", spellcheck: "false", placeholder: '{"type": "hello"}' });
  const posting = button(
    "Post",
    () => attempt(said, async () => `${await post(connection.path, id, message.value)}: posted`),
    {
      class: "primary",
    },
  );
  const closing = button(
    "Close",
    () => attempt(said, async () => (await close(connection.path, id), "Closed")),
    {
      title: "DELETE @connections: the client gets a close frame",
    },
  );
  const dropping = button("Drop", () => attempt(said, async () => (await drop(id), "Dropped")), {
    class: "danger",
    title: "Breaks the connection, without a close frame",
  });

  function facting() {
    const now = state.connections.get(id) ?? connection;
    const over = now.ended && `${now.ended.code} ${line(now.ended.reason)}, at ${time(now.ended.at)}`;
    replace(
      about,
      facts([
        ["API", now.api],
        ["Connected", `${time(now.connected_at)}, ${ago(now.connected_at)}`],
        ["From", now.source_ip],
        ["User agent", now.user_agent],
        ["Ended", over],
      ]),
    );
    for (const control of [posting, closing, dropping, message]) control.disabled = Boolean(now.ended);
  }

  facting();
  frames.add([...state.traffic.values()].filter((entry) => entry.connection === id));
  return {
    element: h(
      "article",
      { class: "detail", "aria-label": `Connection ${id}` },
      h("h2", { class: "mono" }, id),
      about,
      h(
        "div",
        { class: "act" },
        field("Message to the client", message, "POST @connections, as a function does it"),
        h("div", { class: "buttons" }, posting, closing, dropping, said),
      ),
      frames.element,
    ),
    update(change) {
      facting();
      frames.add(change.traffic.filter((entry) => entry.connection === id));
    },
  };
}

function clientPanel(own) {
  const frames = frameList("Seen by this client", (entry) => async () => entry.text);
  const said = outcome();
  const message = h("textarea", { rows: "3", spellcheck: "false", placeholder: '{"type": "hello"}' });
  const sending = button("Send", () => attempt(said, async () => own.send(message.value)), {
    class: "primary",
  });
  const closing = button("Close", () => own.close());
  const removing = button("Forget", () => (own.forget(), (location.hash = "connections")), {
    class: "quiet",
  });
  const about = h("div");

  function refresh() {
    replace(
      about,
      facts([
        ["URL", h("span", { class: "mono" }, own.url)],
        ["State", own.state],
        ["Subprotocol", own.protocol],
      ]),
    );
    sending.disabled = closing.disabled = !own.open;
    removing.hidden = own.open;
  }

  own.onchange = refresh;
  own.onframe = (frame) => frames.add([frame]);
  frames.add(own.frames);
  refresh();
  return {
    element: h(
      "article",
      { class: "detail", "aria-label": "Client of this page" },
      h("h2", {}, "Client of this page"),
      about,
      h(
        "div",
        { class: "act" },
        field("Frame to send", message),
        h("div", { class: "buttons" }, sending, closing, removing, said),
      ),
      frames.element,
    ),
    update: () => {},
  };
}

/** Frames that open to show the whole of one; the newest first. */
function frameList(title, whole) {
  const rows = h("div", { class: "frames" });
  const nothing = h("p", { class: "muted pad" }, "No frames yet");
  const element = h("section", {}, h("h3", {}, title), nothing, rows);
  return {
    element,
    add(entries) {
      for (const entry of entries) rows.prepend(frameRow(entry, whole(entry)));
      while (rows.childElementCount > MOST_FRAMES) rows.lastElementChild.remove();
      nothing.hidden = rows.childElementCount > 0;
    },
  };
}

const KINDS = {
  in: ["←", "in", "in"],
  out: ["→", "out", "out"],
  sent: ["↑", "sent", "in"],
  received: ["↓", "received", "out"],
  connect: ["✓", "connected", "good"],
  disconnect: ["✗", "ended", "muted"],
};

function frameRow(entry, whole) {
  const [sign, word, tone] = KINDS[entry.kind];
  const cells = [
    h("span", { class: "time" }, time(entry.at)),
    h("span", { class: `badge ${tone}` }, h("span", { "aria-hidden": "true" }, sign), ` ${word}`),
    h(
      "span",
      { class: "what ellipsis" },
      entry.route && h("span", { class: "route" }, entry.route),
      h("span", { class: "mono" }, what(entry)),
    ),
  ];
  if (entry.kind === "connect" || entry.kind === "disconnect") return h("div", { class: "frame" }, cells);
  const details = h(
    "details",
    { class: "frame" },
    h("summary", {}, cells, h("span", { class: "amount" }, bytes(entry.text_length))),
  );
  details.addEventListener(
    "toggle",
    () => details.append(textBlock("Message", entry.text, entry.text_length, whole)),
    { once: true },
  );
  return details;
}
