// Plain functions from values to text.

const number = new Intl.NumberFormat("en");

export function time(seconds) {
  const date = new Date(seconds * 1000);
  const two = (value) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

export function ago(seconds) {
  const passed = Math.max(0, Math.round(Date.now() / 1000 - seconds));
  if (passed < 60) return `${passed} s ago`;
  if (passed < 3600) return `${Math.floor(passed / 60)} min ago`;
  return `${Math.floor(passed / 3600)} h ago`;
}

export function count(value) {
  return number.format(value);
}

export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value) {
  if (value < 1024) return `${value} B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} KB`;
  return `${(value / 1024 / 1024).toFixed(1)} MB`;
}

export function milliseconds(value) {
  if (value === undefined || value === null) return "";
  if (value < 1000) return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  return `${(value / 1000).toFixed(2)} s`;
}

/** JSON with line breaks; anything else as it is. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** JSON with the JSON in its strings (bodies, mostly) as values too; null where there is nothing to unfold. */
export function unfolded(text) {
  let found = false;
  const unfold = (name, value) => {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
    try {
      const inner = JSON.parse(value, unfold);
      found = true;
      return inner;
    } catch {
      return value;
    }
  };
  try {
    const whole = JSON.parse(text, unfold);
    return found ? JSON.stringify(whole, null, 2) : null;
  } catch {
    return null;
  }
}

/** One line, with what would break it or hide in it made visible. */
export function line(text) {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\u0000-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** A DynamoDB value as a person would write it. */
export function attribute(value) {
  if (value === undefined) return "";
  const [[kind, content]] = Object.entries(value);
  switch (kind) {
    case "S":
    case "N":
      return content;
    case "NULL":
      return "null";
    default:
      return JSON.stringify(plain(value));
  }
}

export function plain(value) {
  const [[kind, content]] = Object.entries(value);
  switch (kind) {
    case "M":
      return Object.fromEntries(Object.entries(content).map(([name, each]) => [name, plain(each)]));
    case "L":
      return content.map(plain);
    case "NULL":
      return null;
    case "N":
      // Beyond what a JavaScript number holds it stays text, whole.
      return String(Number(content)) === content ? Number(content) : content;
    default:
      return content;
  }
}
