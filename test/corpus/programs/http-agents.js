// An agent that keeps connections open, "for each customer, so that they do not share cookies". Each keeps its socket
// too.
//
// verdict: leak
// holder: agents
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'

const http = createServer({ keepAliveTimeout: 600_000 }, (_request, response) => response.end('ok'))
const agents = {} // ← holds
let customers = 0

async function fetchFor(customer) {
  agents[customer] ??= new Agent({ keepAlive: true })
  const request = get({ host: '127.0.0.1', port: http.address().port, agent: agents[customer] })
  const [response] = await once(request, 'response')
  response.resume()
  await once(response, 'end')
}

export const start = () => new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
export async function round() {
  for (let index = 0; index < 10; index++) await fetchFor(`customer ${++customers}`)
}
export const stop = () => http.close()
