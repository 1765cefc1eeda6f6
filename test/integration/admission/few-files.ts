/** A server in a process with few file descriptors: tells its port, and its ledger whenever it is asked. Ends with its channel. */
import { createServer } from '../../../src/index.ts'

const server = createServer({ closeTimeoutMs: 500 })
server.route('/', {})
await server.listen({ port: 0, host: '127.0.0.1' })
process.on('message', () => process.send?.({ ledger: server.ledger() }))
process.on('disconnect', () => process.exit())
process.send?.({ port: server.port })
