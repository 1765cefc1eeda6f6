// One stream of news is written to whoever comes, by a listener for its data. Who leaves destroys their own end; the
// listener stays at the news. (`news.pipe(reader)` would have taken it off.)
//
// verdict: leak
// holder: news
// event: data
import { PassThrough, Writable } from 'node:stream'

const news = new PassThrough() // ← holds
news.setMaxListeners(0)

class Reader extends Writable {
  received = []

  _write(chunk, _encoding, done) {
    this.received.push(chunk)
    done()
  }
}

export async function round() {
  for (let index = 0; index < 25; index++) {
    const reader = new Reader()
    news.on('data', (chunk) => !reader.destroyed && reader.write(chunk))
    news.write(`item ${index}`)
    reader.destroy()
  }
  await new Promise((resolve) => setImmediate(resolve))
}
