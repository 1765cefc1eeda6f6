/**
 * The server of the storm: lets in so many and no more, each upgrade after a wait. Says its port, then its ledger whenever it is
 * asked. Ends with the channel to whoever started it.
 */
import { createServer } from '../../src/index.ts'

const { may } = JSON.parse(process.argv[2] as string) as { may: number }
const server = createServer({
  connectionsMax: may,
  handshakeTimeoutMs: 60_000,
  keepaliveIntervalMs: 60_000,
  idleTimeoutMs: 600_000,
})
let mostOpen = 0
server.on('open', () => {
  mostOpen = Math.max(mostOpen, server.connections.size)
})
server.route('/', { upgrade: () => new Promise((resolve) => setTimeout(resolve, 5)) })
await server.listen({ port: 0, host: '0.0.0.0' })

process.on('disconnect', () => process.exit())
process.on('message', async () => {
  const { imbalances: kernel } = await server.checkKernel()
  const { imbalances, routes: _routes, ...counts } = server.ledger()
  process.send?.({ ...counts, imbalances: [...imbalances, ...kernel], mostOpen })
})
process.send?.({ port: server.port })
