// One agent for all: it opens what it needs, and keeps that. A pool of connections that warms up.
//
// verdict: harmless
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'

const http = createServer({ keepAliveTimeout: 600_000 }, (_request, response) => response.end('ok'))
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

async function fetchOne(id) {
  const request = get({ host: '127.0.0.1', port: http.address().port, agent, path: `/items/${id}` })
  const [response] = await once(request, 'response')
  response.resume()
  await once(response, 'end')
}

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export const round = () => Promise.all(Array.from({ length: 50 }, (_, id) => fetchOne(id)))
export function stop() {
  agent.destroy()
  http.close()
}
