// A program that holds objects in every way there is, each beside one that is not held: the harmless twin does the same and
// lets go. A comment `holds:` marks the line that the reader has to name. Writes a snapshot to the file it is given and ends.
import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeHeapSnapshot } from 'node:v8'

class Victim {
  constructor(kind) {
    this.kind = kind
    this.text = Array.from({ length: 4 }, (_, index) => `${kind} ${index}`)
  }
}
const HARMLESS = 'harmless'
const MANY = 5
const each = (use) => {
  for (let index = 0; index < MANY; index++) use(index)
}

// Collections of a module.
const clients = new Map() // holds: map
const members = new Set() // holds: set
let list = [] // holds: array
export const exported = new Map() // holds: exported
const rooms = new Map() // holds: nested
const byKey = new Map() // holds: key
each((index) => {
  clients.set(index, new Victim('map'))
  clients.set(`gone ${index}`, new Victim(HARMLESS))
  clients.delete(`gone ${index}`)
  members.add(new Victim('set'))
  list.push(new Victim('array'))
  exported.set(index, { inner: new Victim('exported') })
  rooms.set(index % 2, (rooms.get(index % 2) ?? new Set()).add(new Victim('nested')))
  byKey.set(new Victim('key'), index)
})
list = [...list]

// A table by names that come from outside.
const table = Object.create(null) // holds: table
each((index) => {
  table[`session-${index}-${Math.sqrt(index)}`] = new Victim('table')
})

// A table that is put on an object by a library, under a name that was given to it.
const decorated = {} // holds: decorated
const putOn = (object, name) => Reflect.set(object, name, new Map())
putOn(decorated, 'live')
each((index) => decorated.live.set(index, new Victim('decorated')))

// Lists by names that come from outside, of which there is one so far.
const byTopic = {} // holds: few
each(() => {
  const topic = ['or', 'ders'].join('')
  byTopic[topic] ??= []
  byTopic[topic].push(new Victim('few'))
})

// What V8 and Node call something of their own.
class Own {
  map = new Map() // holds: called map
  table = new Map() // holds: called table
  bindings = [] // holds: called bindings
  _events = [] // holds: called events
}
const own = new Own()
each((index) => own.map.set(index, new Victim('called map')))
each((index) => own.table.set(index, new Victim('called table')))
each(() => own.bindings.push(new Victim('called bindings')))
each(() => own._events.push(new Victim('called events')))

// Fields, private ones and those of the class.
class Registry {
  static all = new Map() // holds: static
  #own = new Map() // holds: private
  constructor() {
    this.byId = new Map() // holds: field
    this.last = null // holds: last field
  }
  add(index) {
    Registry.all.set(index, new Victim('static'))
    this.#own.set(index, new Victim('private'))
    this.byId.set(index, new Victim('field'))
    this.last = new Victim('last field')
  }
}
const registry = new Registry()
each((index) => registry.add(index))

// An object without a class.
const state = {
  waiting: [], // holds: literal
}
each(() => state.waiting.push(new Victim('literal')))

// A variable that keeps the latest.
let latest = null // holds: variable
each(() => {
  latest = new Victim('variable')
})

globalThis.kept = [] // holds: global
each(() => globalThis.kept.push(new Victim('global')))

// Listeners.
const bus = new EventEmitter().setMaxListeners(100)
function listen(victim) {
  const onTick = () => victim.kind // holds: listener
  bus.on('tick', onTick)
}
function listenOnce(victim) {
  bus.once('go', () => victim.kind) // holds: once
}
class Subscriber {
  constructor(kind) {
    this.victim = new Victim(kind)
  }
  onNews() {}
}
each(() => {
  listen(new Victim('listener'))
  listenOnce(new Victim('once'))
  const subscriber = new Subscriber('bound listener')
  bus.on('news', subscriber.onNews.bind(subscriber)) // holds: bound listener
  const victim = new Victim(HARMLESS)
  const gone = () => victim.kind
  bus.on('tick', gone)
  bus.off('tick', gone)
})
const controller = new AbortController()
function onAbort(victim) {
  controller.signal.addEventListener('abort', () => victim.kind) // holds: abort
}
each(() => onAbort(new Victim('abort')))

// Timers.
function every(victim) {
  setInterval(() => victim.kind, 3_600_000).unref() // holds: interval
}
function later(victim) {
  setTimeout(() => victim.kind, 7_200_000).unref() // holds: timeout
  clearTimeout(setTimeout((gone) => gone, 1_000_000, new Victim(HARMLESS)))
}
function inArguments(victim) {
  setTimeout((it) => it, 5_000_000, victim).unref() // holds: timer argument
}
each(() => {
  every(new Victim('interval'))
  later(new Victim('timeout'))
  inArguments(new Victim('timer argument'))
})

// Waiting for what never comes; and for what has come.
const pending = new Map() // holds: pending
async function handle(index, victim) {
  await new Promise((resolve) => pending.set(index, resolve))
  return victim.kind
}
async function done(victim) {
  await null
  return victim.kind
}
const never = new Promise(() => {})
// holds below: await
async function waits(victim) {
  await never
  return victim.kind
}
function chain(victim) {
  void never.then(() => victim.kind) // holds: reaction
}
each((index) => {
  void handle(index, new Victim('pending'))
  void waits(new Victim('await'))
  void done(new Victim(HARMLESS))
  chain(new Victim('reaction'))
})

// AsyncLocalStorage: the timer keeps the store of whoever began it.
const store = new AsyncLocalStorage()
const begin = () => setInterval(() => {}, 3_000_000).unref() // holds: store
each(() => store.run(new Victim('store'), begin))
each(() => store.run(new Victim(HARMLESS), () => {}))

// Functions that share a scope: the one that is kept does not use what is kept with it.
const callbacks = [] // holds: shared scope
function share(victim) {
  const small = victim.kind.length
  const uses = () => victim
  uses()
  callbacks.push(() => small)
}
each(() => share(new Victim('shared scope')))

// Bound functions.
const bound = [] // holds: bound
each(() => bound.push(HARMLESS.at.bind(new Victim('bound'))))

// Weak on one side only.
const weak = new WeakMap()
const keys = [] // holds: weak map
each((index) => {
  const key = { index }
  keys.push(key)
  weak.set(key, new Victim('weak map'))
  weak.set({}, new Victim(HARMLESS))
})
const reference = new WeakRef(new Victim(HARMLESS))
const finalizers = new FinalizationRegistry(() => {}) // holds: held value
each(() => {
  finalizers.register(registry, new Victim('held value'))
  finalizers.register(new Victim(HARMLESS), 0)
})

// A list of links.
let head = null // holds: links
each(() => {
  head = { next: head, victim: new Victim('links') }
})

// What an error is given, and what a socket gets.
const errors = [] // holds: error
each(() => errors.push(new Error('failed', { cause: new Victim('error') })))
const receivers = [] // holds: receiver
class Thrower {
  constructor(victim) {
    this.victim = victim
  }
  fail() {
    receivers.push(new Error('never looked at'))
  }
}
each(() => new Thrower(new Victim('receiver')).fail())
const server = createServer()
server.user = new Victim('foreign') // holds: foreign

// What Node holds, it holds for the program.
const stream = new PassThrough({ objectMode: true, highWaterMark: 100 }) // holds: stream
// holds below: once as promise
async function comes(victim) {
  await once(bus, 'come')
  return victim.kind
}
function followed(victim) {
  AbortSignal.any([controller.signal]).addEventListener('abort', () => victim.kind) // holds: any signal
}
each(() => {
  stream.write(new Victim('stream'))
  void comes(new Victim('once as promise'))
  followed(new Victim('any signal'))
})

// A generator that has not gone on.
function* steps(victim) {
  yield victim.kind
  yield victim.text
}
const running = [] // holds: generator
each(() => {
  const generator = steps(new Victim('generator'))
  generator.next()
  running.push(generator)
})

// A class that extends another one, which has the property.
class Base {
  constructor() {
    this.entries = [] // holds: inherited
  }
}
class Derived extends Base {}
const derived = new Derived()
each(() => derived.entries.push(new Victim('inherited')))

// A part of a large buffer keeps all of it.
class Slice {
  constructor(bytes) {
    this.bytes = bytes
  }
}
const slices = [] // holds: slice
each(() => slices.push(new Slice(Buffer.alloc(200_000).subarray(0, 4))))

export const use = () => [
  ...[
    clients,
    members,
    list,
    rooms,
    byKey,
    table,
    decorated,
    byTopic,
    own,
    registry,
    state,
    latest,
    bus,
    controller,
    pending,
    never,
    store,
  ],
  ...[
    callbacks,
    bound,
    weak,
    keys,
    reference,
    finalizers,
    head,
    errors,
    receivers,
    server,
    stream,
    running,
    derived,
    slices,
  ],
]
// Whatever a turn holds is let go of.
await sleep(20)
setTimeout(() => {
  writeHeapSnapshot(process.argv[2])
  process.exit(0)
}, 20)
