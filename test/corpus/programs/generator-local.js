// A generator that goes on for ever collects what it is given in a local variable. What the program holds is the
// generator; the local has no name in the memory of V8, so that either is right.
//
// verdict: leak
// holder: recorder | record | lines
// ↓ or holds
function* record() {
  const lines = [] // ← or holds
  while (true) {
    const line = yield lines.length
    lines.push({ line, at: performance.now() })
  }
}

const recorder = record() // ← holds
recorder.next()

export async function round() {
  for (let index = 0; index < 100; index++) recorder.next(`line ${index}`)
}
