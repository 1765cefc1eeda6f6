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
const kinds = file.endsWith('ws.js') ? { WebSocket, IncomingMessage } : { Connection, Life, UpgradeRequest }

const { start } = await import(pathToFileURL(file).href)
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
  const counts = Object.entries(kinds).map(([name, kind]) => [name, queryObjects(kind, { format: 'count' })])
  return { bytes, counts: Object.fromEntries(counts) }
}
