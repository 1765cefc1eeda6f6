/**
 * The Holdfast server that real peers are set against: /echo sends back, /end closes with the code and reason it is told.
 * Owned by one test, which stops it. Remembers how every connection ended.
 */
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from '../../../src/index.ts'
import { balanced } from '../../support/serving.ts'

const ENDING_DEADLINE_MS = 10_000

export interface SeenEnding {
  readonly code: number
  readonly reason: string
  readonly by: string
  readonly clean: boolean
}

export interface PeerServer {
  /** ws://127.0.0.1:PORT, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** The ending with that reason; waits for it, with a deadline. */
  ending(reason: string): Promise<SeenEnding>
  /** How many connections are open. */
  openCount(): number
  stop(): Promise<void>
}

export async function startPeerServer(options: Parameters<typeof createServer>[0] = {}): Promise<PeerServer> {
  const endings: SeenEnding[] = []
  const waiting = new Set<() => void>()
  let open = 0
  const server = createServer(options)
  const counted = {
    open: () => {
      open += 1
    },
    close: (_connection: unknown, { code, reason, by, clean }: SeenEnding) => {
      open -= 1
      endings.push({ code, reason, by, clean })
      for (const look of waiting) look()
    },
  }
  server.route('/echo', {
    ...counted,
    message: (connection, message) => {
      connection.send(message)
    },
  })
  server.route('/end', {
    ...counted,
    message: (connection, message) => {
      const [code, ...words] = String(message).split(' ')
      connection.end({ code: Number(code), reason: words.join(' ') })
    },
  })

  // A page of the same origin, for browsers: their WebSockets say where they come from.
  const pages = createHttpServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>peer</title>')
  })
  server.attach(pages)
  pages.listen(0, '127.0.0.1')
  await once(pages, 'listening')
  const { port } = pages.address() as AddressInfo

  function ending(reason: string): Promise<SeenEnding> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look)
        reject(new Error(`no ending with reason "${reason}"; seen: ${JSON.stringify(endings)}`))
      }, ENDING_DEADLINE_MS)
      function look(): void {
        const found = endings.find((entry) => entry.reason === reason)
        if (!found) return
        clearTimeout(timer)
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  }

  async function stop(): Promise<void> {
    pages.close()
    await server.close()
    await balanced(server)
    pages.closeAllConnections()
  }

  return { url: `ws://127.0.0.1:${port}`, port, ending, openCount: () => open, stop }
}
