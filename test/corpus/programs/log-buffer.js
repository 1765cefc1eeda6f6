// The repaired twin of string-log: lines are written down when there are enough of them.
//
// verdict: harmless
import { createWriteStream } from 'node:fs'

const AT_ONCE = 64
const file = createWriteStream('/dev/null')
let lines = []

function write(level, text) {
  lines.push({ level, text, at: new Date() })
  if (lines.length < AT_ONCE) return
  file.write(lines.map((line) => JSON.stringify(line)).join('\n'))
  lines = []
}

export async function round() {
  for (let line = 0; line < 100; line++) write('info', `request ${line} took ${line * 3} ms`)
  await new Promise((resolve) => setImmediate(resolve))
}
export const stop = () => file.end()
