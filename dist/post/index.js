import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
var __webpack_exports__ = {};

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
;// CONCATENATED MODULE: external "node:path"
const external_node_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");
;// CONCATENATED MODULE: ./build/scratch.js



/** The longest path of a socket that Linux and macOS both accept, in bytes, less the name of the longest file in here. */
const LONGEST = 103 - '/api.sock'.length;
/** Makes the private folder of a run, readable by this user only; in the system's own where `parent` is too deep for sockets. */
function makeScratch(parent) {
    mkdirSync(parent, { recursive: true });
    const folder = mkdtempSync(join(parent, 'fairlead-'));
    if (Buffer.byteLength(folder) <= LONGEST)
        return folder;
    rmSync(folder, { recursive: true });
    return mkdtempSync(join(tmpdir(), 'fairlead-'));
}
/** Removes the private folder of a run; nothing happens where it is gone already. */
function removeScratch(folder) {
    (0,external_node_fs_namespaceObject.rmSync)(folder, { recursive: true, force: true });
}

;// CONCATENATED MODULE: ./build/post.js

// The runner passes what the main step saved. After a clean end the folder is gone already.
const scratch = process.env.STATE_scratch ?? '';
if (scratch !== '')
    removeScratch(scratch);

