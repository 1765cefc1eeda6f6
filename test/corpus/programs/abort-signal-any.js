// A signal for each request, made with `AbortSignal.any` of one that lives as long as the server, and a listener on
// it. Node keeps a signal that depends on another for as long as somebody listens to it. What can be named is the
// listener.
//
// verdict: leak
// holder: abort | onAbort | stopping
// event: abort
const stopping = new AbortController() // ← or holds

async function handle(request) {
  const own = new AbortController()
  const signal = AbortSignal.any([stopping.signal, own.signal])
  const onAbort = () => request.steps.push('cancelled') // ← holds
  signal.addEventListener('abort', onAbort)
  await null
  request.steps.push('done')
}

export async function round() {
  for (let id = 0; id < 50; id++) await handle({ id, steps: [] })
}
