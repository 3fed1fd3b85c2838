// Builds elements. What is given as a child is text unless it is an element, so that no data ever becomes markup.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", onclick, ...properties }, label);
}

let fields = 0;

/** A control under its name. */
export function field(name, control, hint) {
  control.id ||= `field-${++fields}`;
  const described = hint && h("span", { class: "hint", id: `${control.id}-hint` }, hint);
  if (described) control.setAttribute("aria-describedby", described.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, name), control, described);
}

export function facts(pairs, tone = "") {
  return h(
    "dl",
    { class: `facts ${tone}` },
    pairs
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

export function empty(title, ...hints) {
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, title),
    hints.map((hint) => h("p", {}, hint)),
  );
}

/** Runs what a person has asked for; an error is shown beside it, and nothing else is lost. */
export async function attempt(output, work) {
  output.textContent = "";
  output.className = "outcome";
  try {
    const said = await work();
    if (said) output.textContent = said;
    output.classList.add("good");
  } catch (error) {
    output.textContent = error.message;
    output.classList.add("bad");
  }
}

export function outcome() {
  return h("output", { class: "outcome" });
}
