// Errors are collected for a report, each with the request in which it happened.
//
// verdict: leak
// holder: failures
class RequestError extends Error {
  constructor(message, request) {
    super(message)
    this.request = request
  }
}

const monitor = { started: Date.now() }
monitor.failures = [] // ← holds

async function handle(request) {
  try {
    await null
    throw new RequestError('no such user', request)
  } catch (error) {
    monitor.failures.push(error)
  }
}

export async function round() {
  for (let id = 0; id < 50; id++) await handle({ id, url: `/users/${id}`, headers: { accept: '*/*' } })
}
