// A plugin of Fastify that decorates the server with what is being worked on: noted when a request comes, taken out before
// the answer is sent. An answer that a handler writes by itself is not sent that way.
//
// verdict: leak
// holder: inflight
import { createRequire } from 'node:module'
import { requests } from '../traffic.js'
import { inflight } from './fastify-decorator/inflight.js'

const require = createRequire(new URL('../../peers/package.json', import.meta.url))
const app = require('fastify')()
app.register(inflight)
app.get('/status', async () => ({ ok: true }))
app.get('/feed', (_request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/plain' })
  reply.raw.end('tick\n')
})

export const start = () => app.listen({ port: 0, host: '127.0.0.1' })
export const round = () => requests(app.server.address().port, 40, (index) => (index % 2 ? '/feed' : '/status'))
export const stop = () => app.close()
