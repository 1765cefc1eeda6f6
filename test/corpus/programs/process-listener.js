// A listener on `process` for each connection, so that it can say goodbye. `process` lives as long as everything; its
// line is nobody's, so that the answer is the listener.
//
// verdict: leak
// holder: process
// event: goodbye
import { EventEmitter } from 'node:events'

process.setMaxListeners(0)

class Connection extends EventEmitter {
  constructor(id) {
    super()
    this.id = id
    process.on('goodbye', () => this.close()) // ← holds
  }

  close() {
    this.emit('close')
  }
}

export async function round() {
  for (let id = 0; id < 100; id++) new Connection(id).close()
}
