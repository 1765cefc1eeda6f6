// A `FinalizationRegistry` holds what it will hand over. Registered with a key that never dies, it never hands it over.
//
// verdict: leak
// holder: registry
const pool = { size: 4 }

const registry = new FinalizationRegistry((connection) => connection.release()) // ← holds

class Connection {
  buffers = [{ bytes: 1024 }, { bytes: 1024 }]

  release() {
    this.buffers.length = 0
  }
}

function open() {
  const connection = new Connection()
  // Meant was the connection, and a token for it.
  registry.register(pool, connection)
  return connection
}

export async function round() {
  for (let index = 0; index < 50; index++) open().release()
}
