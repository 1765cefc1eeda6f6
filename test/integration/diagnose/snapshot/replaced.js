// A program whose lists are never changed but copied, under a name, a key, a number, in an object of a class; three snapshots, with
// as much between them. Beside each is a twin that replaces what it has and adds nothing. Writes to the files it is given and ends.
import { setTimeout as sleep } from 'node:timers/promises'
import { writeHeapSnapshot } from 'node:v8'

class State {
  constructor(orders) {
    this.orders = orders // grows: orders
  }
}
const rooms = new Map() // grows: rooms
const byNumber = new Map() // grows: byNumber
const carts = new Map() // grows: carts
const records = new Map() // grows: records
const shards = [[], [], []] // grows: shards
const notes = new WeakMap() // grows: notes
export let exported = [] // grows: exported
const newest = new Map()
const lastTen = new Map()
let state = new State([])

function round(number) {
  for (let index = 0; index < 30; index++) {
    const name = `room-${index % 3}`
    const more = (list, item) => [...(list ?? []), item]
    rooms.set(name, more(rooms.get(name), { room: name, index }))
    byNumber.set(index % 3, more(byNumber.get(index % 3), new Date(index)))
    // Made in two places, so that its lines have no place of their own.
    const cart = carts.get(index % 3) ?? { lines: [], total: 0 }
    carts.set(index % 3, { lines: more(cart.lines, new Float32Array(1)), total: cart.total + index })
    // Nothing is replaced: what is behind a record has come with it.
    records.set(number * 30 + index, { steps: [{ index }, { index }], tags: new Set([{ index }]) })
    shards[index % 3] = more(shards[index % 3], /shard/)
    notes.set(rooms, more(notes.get(rooms), { note: index }))
    exported = more(exported, { exported: index })
    state = new State(more(state.orders, { order: index }))
    newest.set(name, [{ newest: index }, { newest: number }])
    lastTen.set(name, more(lastTen.get(name), { last: index }).slice(-10))
  }
}

export const use = () => [rooms, byNumber, carts, records, shards, notes, exported, state, newest, lastTen]
for (let number = 0; number < 5; number++) {
  round(number)
  await sleep(10)
  if (number >= 2) writeHeapSnapshot(process.argv[number])
}
process.exit(0)
