// Messages are remembered for a while, so that none is handled twice. The set always has what came in the last tenth
// of a second.
//
// verdict: harmless
const REMEMBERED_MS = 100
const seen = new Map()
let numbers = 0

function isNew(id) {
  const now = performance.now()
  for (const [old, at] of seen) {
    if (now - at < REMEMBERED_MS) break
    seen.delete(old)
  }
  if (seen.has(id)) return false
  seen.set(id, now)
  return true
}

export async function round() {
  for (let index = 0; index < 50; index++) {
    const id = `message-${++numbers}`
    isNew(id)
    isNew(id)
  }
  await new Promise((resolve) => setTimeout(resolve, 120))
}
