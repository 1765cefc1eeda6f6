// One signal for the whole server, and a listener on it for each request that nobody removes: `{ once: true }` helps
// only when it aborts.
//
// verdict: leak
// holder: shutdown
// event: abort
import { setMaxListeners } from 'node:events'

const shutdown = new AbortController() // ← holds
setMaxListeners(0, shutdown.signal)

class Job {
  constructor(id, { signal }) {
    this.id = id
    this.steps = []
    signal.addEventListener('abort', () => this.cancel(), { once: true })
  }

  cancel() {
    this.steps.length = 0
  }

  async run() {
    this.steps.push('begun')
    await null
    this.steps.push('done')
  }
}

export async function round() {
  for (let id = 0; id < 50; id++) await new Job(id, shutdown).run()
}
