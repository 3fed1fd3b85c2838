// As sdk.mjs, in CommonJS.
require("@aws-sdk/client-nothing");

exports.handler = async () => null;
