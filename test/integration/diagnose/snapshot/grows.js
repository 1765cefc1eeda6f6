// A program that does the same three times and takes a snapshot after each: with what grows, with what is full, and with
// what comes and goes. Writes to the three files it is given and ends.
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeHeapSnapshot } from 'node:v8'

class Session {
  constructor(id) {
    this.id = id
    this.items = [{ id }]
  }
}
class Seen {}
class Cached {
  constructor(id) {
    this.id = id
  }
}
const sessions = new Map() // grows: Session
const cache = new Map()
const online = {} // grows: Seen
const bus = new EventEmitter().setMaxListeners(0) // grows: bus
let copied = [] // grows: Date
let latest = []

function round(number) {
  for (let index = 0; index < 40; index++) {
    const id = `${number}/${index}`
    sessions.set(id, new Session(id))
    cache.set(id, new Cached(id))
    online[id] = { id, seen: new Seen() }
    if (cache.size > 60) cache.delete(cache.keys().next().value)
  }
  for (let index = 0; index < 10; index++) {
    copied = [...copied, new Date(index)]
    const text = new RegExp(`${number} ${index}`)
    bus.on('news', () => text) // grows: function
  }
  latest = Array.from({ length: 50 }, (_, index) => new Cached(index))
}

export const use = () => [sessions, cache, online, bus, copied, latest]
for (let number = 0; number < 5; number++) {
  round(number)
  await sleep(10)
  if (number >= 2) writeHeapSnapshot(process.argv[number])
}
process.exit(0)
