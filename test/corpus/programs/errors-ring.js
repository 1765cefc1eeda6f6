// The last hundred errors, in a ring: it fills, and then each new one takes the place of an old one.
//
// verdict: harmless
const KEPT = 100
const ring = Array(KEPT)
let next = 0

async function handle(request) {
  try {
    await null
    throw Object.assign(new Error('no such user'), { request })
  } catch (error) {
    ring[next++ % KEPT] = error
  }
}

export async function round() {
  for (let id = 0; id < 50; id++) await handle({ id, url: `/users/${id}` })
}
