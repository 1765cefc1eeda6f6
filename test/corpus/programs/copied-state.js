// The state of a server is an object of a class that is never changed: each change makes a new one, with all the orders there
// have ever been.
//
// verdict: leak
// holder: orders | state
import { EventEmitter } from 'node:events'

class State {
  constructor({ orders = [], version = 0, open = 0 } = {}) {
    this.orders = orders // ← holds
    this.version = version
    this.open = open
    Object.freeze(this)
  }

  with(change) {
    return new State({ ...this, ...change, version: this.version + 1 })
  }
}

class Store extends EventEmitter {
  state = new State() // ← or holds

  dispatch(action) {
    const { orders, open } = this.state
    if (action.type === 'placed') this.state = this.state.with({ orders: [...orders, action.order], open: open + 1 })
    if (action.type === 'filled') {
      const next = orders.map((order) => (order.id === action.id ? { ...order, status: 'filled' } : order))
      this.state = this.state.with({ orders: next, open: open - 1 })
    }
    this.emit('change', this.state)
  }
}

const store = new Store()
let ids = 0

export async function round() {
  for (let index = 0; index < 30; index++) {
    const id = ++ids
    store.dispatch({ type: 'placed', order: { id, symbol: `S${index}`, amount: index * 10, status: 'open' } })
    await null
    store.dispatch({ type: 'filled', id })
  }
}
