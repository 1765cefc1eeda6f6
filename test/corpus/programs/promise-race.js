// Each request races against one promise that says that the server stops. It is never settled, and remembers everybody
// who has ever asked: `Promise.race` leaves a reaction there.
//
// verdict: leak
// holder: stopped
let stop_

// ↓ holds
const stopped = new Promise((resolve) => {
  stop_ = resolve
})

async function handle(request) {
  await null
  return { status: 200, body: request.body }
}

export async function round() {
  for (let id = 0; id < 100; id++) {
    const request = { id, body: 'x'.repeat(64) }
    await Promise.race([handle(request), stopped])
  }
}

export const stop = () => stop_()
