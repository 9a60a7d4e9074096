// The types of bundle-workflows.mjs, for what is written in TypeScript. Plain Node runs the script before anything is built.

/**
 * Bundles `index` and `isolate` of a folder, and all that they import, into the file `target`. `extension` is that of the
 * folder's files: `.ts` of sources, `.js` of what is built. Fails on imports that a workflow must not have.
 */
export function bundleWorkflows(folder: string, extension: ".ts" | ".js", target: string): Promise<void>;
