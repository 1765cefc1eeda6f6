// Hands on what it imports.
import sessions, { online } from './state.js'

export * from './state.js'
// biome-ignore lint/style/noDefaultExport: programs have them.
export { online, sessions as default }
