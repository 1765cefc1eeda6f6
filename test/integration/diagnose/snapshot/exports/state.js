// Variables that other modules use. A comment `holds:` marks the line that the reader has to name.
const sessions = new Map() // holds: default
const members = new Set() // holds: renamed
export let latest = [] // holds: assigned
export const tables = { byName: new Map() } // holds: in an object

export function add(one) {
  latest = [...latest, one]
}
// biome-ignore lint/style/noDefaultExport: programs have them.
export { members as online, sessions as default }
