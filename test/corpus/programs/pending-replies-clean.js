// The repaired twin of pending-replies: an entry goes when its call is over, however that ends.
//
// verdict: harmless
import { setTimeout as delay } from 'node:timers/promises'

class RemoteService {
  pending = new Map()
  #next = 0

  async call(method, args) {
    const id = ++this.#next
    const reply = new Promise((resolve, reject) => this.pending.set(id, { method, args, resolve, reject }))
    try {
      return await Promise.race([reply, delay(2, 'timeout')])
    } finally {
      this.pending.delete(id)
    }
  }
}

const service = new RemoteService()

export async function round() {
  await Promise.all(Array.from({ length: 50 }, (_, index) => service.call('lookup', { index })))
}
