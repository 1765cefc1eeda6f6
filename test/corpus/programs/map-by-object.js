// A `Map` with requests as keys, to measure how long they take; a `WeakMap` would have done. Requests that fail are
// never taken out.
//
// verdict: leak
// holder: startedAt
const startedAt = new Map() // ← holds

class Request {
  constructor(id) {
    this.id = id
    this.headers = { host: 'localhost', accept: '*/*' }
  }
}

const begin = (request) => startedAt.set(request, performance.now())

function end(request, failed) {
  if (failed) return 'failed'
  const took = performance.now() - startedAt.get(request)
  startedAt.delete(request)
  return took
}

export async function round() {
  for (let id = 0; id < 100; id++) {
    const request = new Request(id)
    begin(request)
    end(request, id % 2 === 0)
  }
}
