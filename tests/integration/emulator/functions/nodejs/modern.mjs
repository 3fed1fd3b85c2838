// ECMAScript modules: an awaited top level, and a package that only a layer has.
import { greeting } from "local-greeting";

const loaded = await Promise.resolve("loaded");

export const handler = async (event) => ({ loaded, greeting, event });
