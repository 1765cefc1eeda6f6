// Tracing of a worker that runs for ever: everything it does is a child of the span that was opened when it began.
//
// verdict: leak
// holder: children
import { AsyncLocalStorage } from 'node:async_hooks'

const active = new AsyncLocalStorage()

class Span {
  children = [] // ← holds
  attributes = {}
  endedAt = null

  constructor(name, parent) {
    this.name = name
    this.parent = parent
    this.startedAt = performance.now()
    parent?.children.push(this)
  }

  end() {
    this.endedAt = performance.now()
  }
}

const tracer = {
  span(name, work) {
    const span = new Span(name, active.getStore() ?? null)
    return active.run(span, async () => {
      try {
        return await work(span)
      } finally {
        span.end()
      }
    })
  },
}

let next
let jobs = 0

export async function start() {
  void tracer.span('worker', async () => {
    for (;;) {
      const { job, done } = await new Promise((resolve) => {
        next = resolve
      })
      await tracer.span('job', async (span) => {
        span.attributes.id = job
      })
      done()
    }
  })
}

export async function round() {
  for (let index = 0; index < 25; index++) {
    await new Promise((done) => next({ job: ++jobs, done }))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
