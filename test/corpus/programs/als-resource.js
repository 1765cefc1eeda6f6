// Functions are bound to the request they came from (`AsyncResource.bind`), to be called when the configuration
// changes. They are kept in an array, and each keeps the store of its request.
//
// verdict: leak
// holder: hooks
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

const tenant = new AsyncLocalStorage()
const config = { version: 1, hooks: [] } // ← holds

function onChange(hook) {
  config.hooks.push(AsyncResource.bind(hook))
}

async function handle() {
  onChange(() => tenant.getStore().name)
  await null
}

export async function round() {
  for (let id = 0; id < 50; id++) await tenant.run({ name: `tenant-${id}`, permissions: new Set([id]) }, handle)
}
