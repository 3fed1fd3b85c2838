// Looks in the folders of NODE_PATH for a package that an `import` has not found elsewhere.
import { createRequire } from "node:module";
import { delimiter } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const BARE = /^(?!\.{0,2}\/)(?![a-z][a-z0-9+.-]+:)/i;

export function inNodePath(specifier, error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND" || !BARE.test(specifier)) {
    throw error;
  }
  const paths = process.env.NODE_PATH.split(delimiter).filter(Boolean);
  try {
    return pathToFileURL(require.resolve(specifier, { paths })).href;
  } catch {
    throw error;
  }
}

export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    return nextResolve(inNodePath(specifier, error), context);
  }
}
