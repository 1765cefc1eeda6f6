// A `WeakMap`, which everybody takes for safe: its key is the server, which lives as long as the process, and its
// value a list.
//
// verdict: leak
// holder: visitsOf
const visitsOf = new WeakMap() // ← holds

class Server {
  name = 'main'

  accept(visitor) {
    if (!visitsOf.has(this)) visitsOf.set(this, [])
    visitsOf.get(this).push({ visitor, at: Date.now() })
  }
}

const server = new Server()

export async function round() {
  for (let visitor = 0; visitor < 100; visitor++) server.accept(`visitor ${visitor}`)
}
