// The same for modules of CommonJS. See holders.js.
const { EventEmitter } = require('node:events')
const { writeHeapSnapshot } = require('node:v8')

function Victim(kind) {
  this.kind = kind
  this.text = [kind, `${kind} 1`]
}
const MANY = 5

const sessions = new Map() // holds: map
exports.kept = { list: [] } // holds: exports
function Old() {
  this.entries = {} // holds: function as class
}
Old.last = null // holds: function property
const old = new Old()
const emitter = new EventEmitter()
process.setMaxListeners(100)
for (let index = 0; index < MANY; index++) {
  sessions.set(index, { victim: new Victim('map') })
  sessions.set('gone', new Victim('harmless'))
  exports.kept.list.push(new Victim('exports'))
  old.entries[`entry ${index}`] = new Victim('function as class')
  Old.last = new Victim('function property')
  process.on('SIGUSR2', onSignal.bind(null, new Victim('process'))) // holds: process
  emitter.on(`event ${index}`, listener(new Victim('event names')))
}
sessions.delete('gone')

function listener(victim) {
  return () => victim.kind // holds: event names
}
function onSignal() {}

process.once('exit', () => [sessions, old, emitter])
setTimeout(() => {
  writeHeapSnapshot(process.argv[2])
  process.exit(0)
}, 20)
