// What aws-lambda-ric's compiled addon does: takes invocations from the Runtime API and answers them.
//
// `done` and `error` have handed their bytes to the system when they return, as the addon's have: the client ends the
// process right after it has reported an uncaught exception.
"use strict";

const net = require("node:net");

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const INVOCATION = "/2018-06-01/runtime/invocation";
const END_OF_HEAD = "\r\n\r\n";

const waiting = []; // for each answer that is due, in order, the promise of `next` or null
let chunks = [];
let size = 0;
let needed = 1; // bytes before the next answer can be whole

const socket = net.connect({ host, port: Number(port) });
socket.setNoDelay(true);
socket.on("data", (chunk) => {
  chunks.push(chunk);
  size += chunk.length;
  while (size >= needed && takeAnswer());
});
socket.on("error", (error) => fail(error));
socket.on("close", () => fail(new Error("the Runtime API is gone")));

function takeAnswer() {
  const buffer = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  chunks = [buffer];
  const end = buffer.indexOf(END_OF_HEAD);
  if (end < 0) {
    needed = size + 1;
    return false;
  }
  const headers = parse(buffer.toString("latin1", 0, end));
  const start = end + END_OF_HEAD.length;
  const length = Number(headers["content-length"] ?? 0);
  if (size < start + length) {
    needed = start + length;
    return false;
  }
  const rest = buffer.subarray(start + length);
  chunks = rest.length ? [rest] : [];
  size = rest.length;
  needed = 1;
  const promise = waiting.shift();
  if (promise) {
    // A process whose function never answers must be able to run out of work.
    socket.unref();
    promise.resolve({ bodyJson: buffer.toString("utf8", start, start + length), headers });
  }
  return true;
}

function parse(head) {
  const lines = head.split("\r\n").slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function fail(error) {
  for (const promise of waiting.splice(0)) {
    promise?.reject(error);
  }
}

function post(path, body) {
  const length = Buffer.byteLength(body);
  waiting.push(null);
  socket.write(
    `POST ${INVOCATION}/${path} HTTP/1.1\r\nhost: ${host}:${port}\r\ncontent-type: application/json\r\n` +
      `content-length: ${length}\r\n\r\n${body}`,
  );
}

exports.next = () =>
  new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    socket.ref();
    socket.write(`GET ${INVOCATION}/next HTTP/1.1\r\nhost: ${host}:${port}\r\n\r\n`);
  });

exports.done = (id, body) => post(`${id}/response`, body);

exports.error = (id, body) => post(`${id}/error`, body);
