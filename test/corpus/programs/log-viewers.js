// The log goes to whoever looks at it in a browser, too: a stream for each of them, and who leaves is not taken out.
//
// verdict: leak
// holder: streams
import { Writable } from 'node:stream'
import { multistream, pino } from 'pino'

const streams = multistream([]) // ← holds
const log = pino({ level: 'info' }, streams)
let viewers = 0

class Viewer extends Writable {
  id = ++viewers

  _write(_chunk, _encoding, done) {
    done()
  }
}

export async function round() {
  for (let index = 0; index < 10; index++) {
    const viewer = new Viewer()
    streams.add({ stream: viewer })
    viewer.destroy()
  }
  log.debug('looked')
}
