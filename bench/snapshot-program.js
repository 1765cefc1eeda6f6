// A process with many small objects: a cache that is meant to be there, and clients that have gone and are held by a `Map`.
// Writes its heap snapshot to the file it is given. About 80 MB of snapshot for 100,000 sessions.
import { writeHeapSnapshot } from 'node:v8'

class Session {
  constructor(index) {
    this.id = `s${index}`
    this.user = { name: `u${index}`, roles: ['a', 'b'] }
    this.at = index + 0.5
    this.tags = [index, { index }]
    this.next = null
  }
}
class Leaked {
  constructor(index) {
    this.session = new Session(index)
    this.state = { isOpen: false, index }
  }
}
const [file, count] = [process.argv[2], Number(process.argv[3])]
const cache = new Map()
const clients = new Map() // the holder
for (let index = 0; index < count; index++) cache.set(index, new Session(index))
for (let index = 0; index < count / 20; index++) clients.set(`c${index}`, new Leaked(index))
globalThis.keep = () => [cache, clients]
setTimeout(() => writeHeapSnapshot(file), 10)
