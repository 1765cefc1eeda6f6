// Runs this project's TypeScript where Node does not: `node --import=./scripts/ts.js test/drills/main.ts`. From 22.18 on Node strips
// types itself, and this does nothing. What `tsx` does as well, for half of the processor time: a process that imports all of src/ takes
// 1.2 s in place of 2, and the tests are some 300 of these.
import { register } from 'node:module'

if (!process.features.typescript) {
  process.setSourceMapsEnabled(true)
  register('./ts-hooks.js', import.meta.url)
}
