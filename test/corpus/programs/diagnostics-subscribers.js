// Each connection subscribes to a channel of diagnostics, with a function of its own.
//
// verdict: leak
// holder: queries
import { channel } from 'node:diagnostics_channel'

const queries = channel('shop:query') // ← holds

class Connection {
  timings = []

  constructor(id) {
    this.id = id
    queries.subscribe((message) => {
      if (message.connection === this.id) this.timings.push(message.took)
    })
  }
}

export async function round() {
  for (let id = 0; id < 25; id++) {
    const connection = new Connection(id)
    queries.publish({ connection: connection.id, took: id })
  }
}
