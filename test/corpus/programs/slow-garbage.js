// Each request is kept for fifty milliseconds, by a timer: there are always some that are over and still there, and
// never more.
//
// verdict: harmless
const LINGER_MS = 50

function handle(request) {
  const context = { request, log: Array.from({ length: 20 }, (_, line) => ({ line })) }
  setTimeout(() => {
    context.log.length = 0
  }, LINGER_MS)
}

export async function round() {
  for (let id = 0; id < 100; id++) handle({ id, url: `/${id}` })
  await new Promise((resolve) => setTimeout(resolve, 5))
}
