// State behind a `Proxy` that announces changes: who writes to it by a new name each time does not see that it grows.
//
// verdict: leak
// holder: carts | target
import { EventEmitter } from 'node:events'

const changes = new EventEmitter()

function observed(target) {
  return new Proxy(target, {
    set(object, name, value) {
      object[name] = value
      return changes.emit('change', name) || true
    },
  })
}

const carts = observed({}) // ← holds
let visitors = 0

export async function round() {
  for (let index = 0; index < 50; index++) carts[`visitor-${++visitors}`] = { items: [index], total: index * 10 }
}
