// A store for each request, and work that ends with it: timers that fire, promises that are settled.
//
// verdict: harmless
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'

const requests = new AsyncLocalStorage()

async function handle() {
  await delay(1)
  const { id, trace } = requests.getStore()
  trace.push(id)
  await Promise.race([delay(2), delay(3)])
  return trace.length
}

export async function round() {
  await Promise.all(Array.from({ length: 100 }, (_, id) => requests.run({ id, trace: [] }, handle)))
}
