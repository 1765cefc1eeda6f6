// How many requests are under way goes up and down with the traffic: when one looks there are now more, now fewer.
//
// verdict: harmless
const inFlight = new Set()
let seed = 7

function random() {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

async function handle(request) {
  request.steps.push('begun')
  await null
  request.steps.push('waits')
}

export async function round() {
  for (const request of inFlight) if (random() < 0.7) inFlight.delete(request)
  const count = 20 + Math.floor(random() * 80)
  for (let id = 0; id < count; id++) {
    const request = { id, steps: [] }
    inFlight.add(request)
    await handle(request)
  }
}
