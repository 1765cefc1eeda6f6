// The repaired twin of abort-listeners: the listener goes with a signal of the job's own.
//
// verdict: harmless
import { setMaxListeners } from 'node:events'

const shutdown = new AbortController()
setMaxListeners(0, shutdown.signal)

async function run(job, signal) {
  const done = new AbortController()
  signal.addEventListener('abort', () => job.steps.push('cancelled'), { signal: done.signal })
  try {
    job.steps.push('begun')
    await null
  } finally {
    done.abort()
  }
}

export async function round() {
  for (let id = 0; id < 50; id++) await run({ id, steps: [] }, shutdown.signal)
}
