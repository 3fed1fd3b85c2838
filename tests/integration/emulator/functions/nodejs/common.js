// CommonJS handlers with no subject of their own.
"use strict";

let invocations = 0;

exports.echo = async (event, context) => ({
  event,
  invocations: ++invocations,
  pid: process.pid,
  remaining: context.getRemainingTimeInMillis(),
  requestId: context.awsRequestId,
  arn: context.invokedFunctionArn,
});

exports.callBack = (event, context, callback) => {
  setTimeout(() => callback(event.fail ? new TypeError(event.fail) : null, { given: event }), 10);
};

exports.misbehave = async (event) => {
  if (event.print) {
    console.log(event.print);
  }
  if (event.throw) {
    throw new RangeError(event.throw);
  }
  if (event.uncaught) {
    setImmediate(() => {
      throw new RangeError(event.uncaught);
    });
    await new Promise(() => {});
  }
  if (event.exit !== undefined) {
    process.exit(event.exit);
  }
  if (event.sleep) {
    await new Promise((resolve) => setTimeout(resolve, event.sleep * 1000));
  }
  return event.size ? "x".repeat(event.size) : { pid: process.pid };
};

exports.surroundings = async () => ({ variables: process.env, cwd: process.cwd() });

exports.fromLayer = async () => require("local-greeting").greeting;
