/** The option with which a process of Node runs this project's TypeScript, whatever its folder is. */
export const TYPESCRIPT = `--import=${new URL('../../scripts/ts.js', import.meta.url).href}`
