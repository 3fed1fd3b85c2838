// What the template describes: APIs and their routes, outputs, warnings.

import { empty, facts, h, replace } from "./dom.js";
import { functionLink } from "./entries.js";
import { state } from "./store.js";

export function apis() {
  const element = h("div", { class: "page" });

  function build() {
    const application = state.application;
    if (!application) return;
    const { websocket_apis: sockets, web_apis: webs, outputs, warnings } = application;
    replace(
      element,
      sockets.length + webs.length === 0 && empty("The template has no API"),
      sockets.map((api) => socketApi(api, application.url)),
      webs.map((api) => webApi(api, application.url)),
      warnings.length > 0 &&
        h(
          "section",
          { class: "card" },
          h("h2", {}, "Notes"),
          h(
            "ul",
            {},
            warnings.map((one) => h("li", {}, one)),
          ),
        ),
      h(
        "section",
        { class: "card" },
        h("h2", {}, "Outputs and services"),
        facts(
          [...Object.entries(outputs), ["AWS_ENDPOINT_URL", application.store_url]].map(([name, value]) => [
            name,
            h("span", { class: "mono" }, value),
          ]),
        ),
      ),
    );
  }

  return {
    title: "APIs",
    element,
    count: () =>
      state.application ? state.application.websocket_apis.length + state.application.web_apis.length : 0,
    show: build,
    update: (change) => change.fresh && build(),
  };
}

function socketApi(api, url) {
  const base = url.replace("http", "ws");
  return h(
    "section",
    { class: "card" },
    h("h2", {}, api.id, h("span", { class: "tag" }, "WebSocket")),
    facts([
      ["URL", api.paths.map((path) => h("span", { class: "mono block" }, base + path))],
      ["Chooses routes by", h("span", { class: "mono" }, api.selection)],
    ]),
    routes(api.routes),
  );
}

function webApi(api, url) {
  return h(
    "section",
    { class: "card" },
    h("h2", {}, api.id, h("span", { class: "tag" }, api.kind)),
    facts([["URL", h("span", { class: "mono" }, url + api.path)]]),
    routes(api.routes),
  );
}

function routes(every) {
  const noted = every.some((route) => route.notes.length > 0);
  const columns = noted ? ["Route", "Leads to", "Notes"] : ["Route", "Leads to"];
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        columns.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      every.map((route) =>
        h(
          "tr",
          {},
          h("th", { scope: "row", class: "mono" }, route.key),
          h(
            "td",
            {},
            route.function ? functionLink(route.function) : h("span", { class: "mono" }, route.target),
          ),
          noted && h("td", { class: "muted" }, route.notes.join(", ")),
        ),
      ),
    ),
  );
}
