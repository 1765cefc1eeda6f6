// A timer begun while a request was handled holds the store of that request, though its function does not use it:
// whatever is begun in `run` keeps the store. The function is one for all.
//
// verdict: leak
// holder: refresh
// event: setInterval
import { AsyncLocalStorage } from 'node:async_hooks'

const requests = new AsyncLocalStorage()
let prices = null

// ↓ holds
const refresh = () => {
  prices = { at: Date.now() }
}

async function handle() {
  await null
  setInterval(refresh, 3_600_000).unref()
  return { prices, user: requests.getStore().request.user }
}

export async function round() {
  const all = Array.from({ length: 50 }, (_, user) =>
    requests.run({ request: { user, cookies: { session: `s${user}` } } }, () => handle()),
  )
  await Promise.all(all)
}
