// Starts a Node.js function: `node bootstrap.mjs PATH-OF-AWS-LAMBDA-RIC`.
import * as module from "node:module";
import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { pathToFileURL } from "node:url";

import { inNodePath } from "./node_path.mjs";

const require = module.createRequire(import.meta.url);

// The client's compiled addon is asked for by this name; see interface_client.py.
const load = module.Module._load;
module.Module._load = (request, ...others) =>
  request === "./rapid-client.node" ? require("./runtime_api.cjs") : load(request, ...others);

// On Lambda modules of either kind are found by NODE_PATH, which Node.js itself reads for CommonJS alone.
if ((process.env.NODE_PATH ?? "").split(delimiter).some((folder) => folder && existsSync(folder))) {
  if (module.registerHooks) {
    module.registerHooks({
      resolve(specifier, context, nextResolve) {
        try {
          return nextResolve(specifier, context);
        } catch (error) {
          return nextResolve(inNodePath(specifier, error), context);
        }
      },
    });
  } else {
    module.register("./node_path.mjs", import.meta.url);
  }
}

const client = await import(pathToFileURL(process.argv[2]));
if (client.run) {
  // Up to 3.x the client is started by its caller; thrown from here an error keeps its own type.
  client.run(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER).catch((error) => {
    setImmediate(() => {
      throw error;
    });
  });
}
