// Runs one program of examples/leaks in a process where memory can be judged: `node --expose-gc leak-child.js FILE`. No loader
// and no source maps: the lines it reports are those a user would get. Tells its parent the ports, then answers each message with
// what can be reached now. Ends when the parent disconnects.
import { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { queryObjects } from 'node:v8'
import { WebSocket } from 'ws'

const [file] = process.argv.slice(2)
const dist = new URL('../../../dist/', import.meta.url)
const { Connection } = await import(new URL('connection/connection.js', dist).href)
const { Life } = await import(new URL('connection/life.js', dist).href)
const { UpgradeRequest } = await import(new URL('server/upgrade-request.js', dist).href)
const { start } = await import(pathToFileURL(file).href)
const counts = file.endsWith('ws.js') ? countsOfWs : countsOfHoldfast([Connection, Life, UpgradeRequest])
const { port, adminPort } = await start(0)
process.send({ port, adminPort })
process.on('disconnect', () => process.exit(0))
process.on('message', async () => process.send(await look()))

/** By the census rule: collect in one macrotask, again in the next, and look in a third. */
async function look() {
  let bytes = 0
  for (let turns = 0; turns < 4; turns++) {
    await sleep(10)
    globalThis.gc()
    // At once: what is allocated behind it is counted by whole pages.
    const { heapUsed, external } = process.memoryUsage()
    bytes = heapUsed + external
  }
  await sleep(0)
  return { bytes, counts: counts() }
}

function countsOfWs() {
  const count = (kind) => queryObjects(kind, { format: 'count' })
  return { WebSocket: count(WebSocket), IncomingMessage: count(IncomingMessage) }
}

/**
 * All at once: each time V8 goes over the heap takes it about a second of a processor. So what is counted is made of one kind, and
 * told apart by the name of its class, with which its text begins.
 */
function countsOfHoldfast(kinds) {
  class Counted {}
  for (const { name, prototype } of kinds) {
    if (Object.getPrototypeOf(prototype) !== Object.prototype) throw new Error(`${name} extends another class`)
    Object.setPrototypeOf(prototype, Counted.prototype)
  }
  return () => {
    const found = Object.fromEntries(kinds.map(({ name }) => [name, 0]))
    for (const text of queryObjects(Counted, { format: 'summary' })) {
      const [name] = /^\w+/.exec(text) ?? ['']
      if (name in found) found[name] += 1
      // Their prototypes are of that kind, too.
      else if (text !== 'Counted {}') throw new Error(`this is none of ${Object.keys(found)}: ${text}`)
    }
    return found
  }
}
