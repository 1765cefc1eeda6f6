// A program whose class, property, event and function have names that a terminal would obey. Takes a snapshot after each of three rounds.
import { EventEmitter } from 'node:events'
import { writeHeapSnapshot } from 'node:v8'

const NAME = '\x1b]0;owned\x07\x1b[2J\nNOTHING FOUND\u202e\x9b31m\x7f'
globalThis[NAME] = new Map()
const bus = new EventEmitter().setMaxListeners(0)

export const use = () => bus
for (const [round, file] of process.argv.slice(2).entries()) {
  for (let index = 0; index < 40; index++) {
    // V8 takes it for the name of the class.
    globalThis[NAME].set(`${round} ${index}`, { [Symbol.toStringTag]: NAME })
    const kept = [round, index]
    bus.on(NAME, { [NAME]: () => kept }[NAME])
  }
  writeHeapSnapshot(file)
}
process.exit(0)
