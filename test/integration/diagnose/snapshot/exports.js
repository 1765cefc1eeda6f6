// A program of several modules: its tables are variables that one of them exports and others use, under this name or another. A
// listener is on a port. Writes a snapshot to the file it is given and ends.

import { writeHeapSnapshot } from 'node:v8'
import { MessageChannel } from 'node:worker_threads'
import sessions, { online as present } from './exports/index.js'
import * as state from './exports/state.js'

class Victim {
  constructor(kind) {
    this.kind = kind
  }
}
const { port1 } = new MessageChannel()

for (let index = 0; index < 5; index++) {
  sessions.set(index, new Victim('default'))
  present.add(new Victim('renamed'))
  state.add(new Victim('assigned'))
  state.tables.byName.set(`${index}`, new Victim('in an object'))
  const victim = new Victim('listener')
  port1.on('message', () => victim) // holds: listener
}

writeHeapSnapshot(process.argv[2])
process.exit(0)
