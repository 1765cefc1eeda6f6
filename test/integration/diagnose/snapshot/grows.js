// A program that does the same three times and takes a snapshot after each: with what grows, with what is full, and with
// what comes and goes. Writes to the three files it is given and ends.
import { EventEmitter } from 'node:events'
import { setTimeout as sleep, setInterval as ticks } from 'node:timers/promises'
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
class Delivery {
  number = 1
}
class Catalog {}
class Meter {
  readings = [] // grows: readings
  note = '' // grows: note
}
class Gauge {
  levels = []
}
const sessions = new Map() // grows: Session
const cache = new Map()
const online = {} // grows: Seen
const bus = new EventEmitter().setMaxListeners(0) // grows: bus
let copied = [] // grows: Date
let latest = []
export let deliveries = [] // grows: Delivery
let state = { version: 0, users: {} } // grows: Object
const catalog = new Catalog() // grows: Catalog
const tokens = new Set() // grows: symbol
// Texts, numbers: what is begun anew each time, and happens to be longer, is no leak.
let batch = ''
let samples = []
let numbers = new Set()
let log = '' // grows: log
const times = [] // grows: times
let ids = [] // grows: ids
const meters = Array.from({ length: 4 }, () => new Meter())
// Control: one of them is filled, the others are as they were.
const gauges = Array.from({ length: 4 }, () => new Gauge())
for (const { levels } of gauges) for (let index = 0; index < 1_000; index++) levels.push(index * 1.5)

// grows below: follow
async function follow() {
  for await (const tick of ticks(3_600_000, 1, { ref: false })) use(tick)
}

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
  for (let index = 0; index < 10; index++) {
    const id = number * 10 + index
    deliveries = deliveries.concat(new Delivery())
    state = { ...state, version: id, users: { ...state.users, [`user-${id}`]: { id, of: [{ id }] } } }
    catalog[`item-${id}`] = new Delivery()
    tokens.add(Symbol('token'))
    void follow()
    new BroadcastChannel('news').onmessage = () => id // grows: message
  }
  batch = `after ${number}\n`
  samples = []
  numbers = new Set()
  for (let index = 0; index < 3_000 * (number + 1) ** 2; index++) {
    samples.push(index * 1.5)
    numbers.add(index * 1.5)
    times.push(index * 1.5)
    meters[index % 4].readings.push(index * 1.5)
    gauges[0].levels.push(index * 1.5)
  }
  for (let index = 0; index < 100 * (number + 1); index++)
    batch += `${number} ${index}: a line that somebody will read\n`
  for (let index = 0; index < 200; index++) log += `${number} ${index}: a line that nobody will read\n`
  for (let index = 0; index < 400; index++)
    meters[index % 4].note += `${number} ${index}: a line that nobody will read\n`
  ids = [...ids, ...Array.from({ length: 2_000 }, (_, index) => index * 1.5)]
  latest = Array.from({ length: 50 }, (_, index) => new Cached(index))
}

export function use() {
  return [
    sessions,
    cache,
    online,
    bus,
    copied,
    latest,
    state,
    catalog,
    tokens,
    batch,
    samples,
    numbers,
    log,
    times,
    ids,
    meters,
    gauges,
  ]
}
for (let number = 0; number < 5; number++) {
  round(number)
  await sleep(10)
  if (number >= 2) writeHeapSnapshot(process.argv[number])
}
process.exit(0)
