// Remote calls wait in a table by number until the reply comes. When a call times out, its entry stays: `Promise.race`
// answers the caller, and tells the table nothing.
//
// verdict: leak
// holder: pending
import { setTimeout as delay } from 'node:timers/promises'

class RemoteService {
  pending = new Map() // ← holds
  #next = 0

  call(method, args) {
    const id = ++this.#next
    const reply = new Promise((resolve, reject) => this.pending.set(id, { method, args, resolve, reject }))
    return Promise.race([reply, delay(2, 'timeout')])
  }

  onReply({ id, value }) {
    this.pending.get(id)?.resolve(value)
    this.pending.delete(id)
  }
}

const service = new RemoteService()

export async function round() {
  await Promise.all(Array.from({ length: 50 }, (_, index) => service.call('lookup', { index })))
}
