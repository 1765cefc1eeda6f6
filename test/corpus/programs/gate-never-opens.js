// "As soon as the database is there": each request hangs itself on the promise of the connection, which never comes.
// The callers have long given up.
//
// verdict: leak
// holder: ready
class Database {
  // ↓ holds
  ready = new Promise((resolve) => {
    this.connected = resolve
  })

  query(text, parameters) {
    return this.ready.then(() => ({ text, parameters, rows: [] }))
  }
}

const database = new Database()

export async function round() {
  for (let id = 0; id < 100; id++) {
    await Promise.race([database.query('select 1', { id }), 'gave up'])
  }
}
