// The ticker example: a page with prices that move, and a slow reader that gets only the newest of each symbol.
//
//   node examples/ticker/main.js [--port 8080] [--symbols 8] [--every-ms 200]
//
// Runs until SIGINT or SIGTERM.
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { parseArgs } from 'node:util'
import { createServer } from 'holdfast'
import { addTicker, factsOf } from './ticker.js'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env.PORT ?? '8080' },
    symbols: { type: 'string', default: '8' },
    'every-ms': { type: 'string', default: '200' },
  },
})

// A table, so no path is taken from the URL.
const FILES = new Map([
  ['/', file('index.html', 'text/html; charset=utf-8')],
  ['/ticker.js', file('ticker.js', 'text/javascript; charset=utf-8')],
  ['/ticker.css', file('ticker.css', 'text/css; charset=utf-8')],
])
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
}

const server = createServer()
addTicker(server, { symbols: Number(values.symbols), everyMs: Number(values['every-ms']) })

const pages = createHttpServer((request, response) => {
  const { type, body } = answerTo(request.url)
  response.writeHead(body === null ? 404 : 200, { ...HEADERS, 'content-type': type }).end(body ?? 'not found\n')
})
server.attach(pages)

pages.listen(Number(values.port), () => {
  const at = `localhost:${pages.address().port}`
  console.log(`page    http://${at}/`)
  console.log(`facts   http://${at}/facts`)
  console.log(`prices  ws://${at}/prices`)
})
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

async function stop() {
  pages.close()
  await server.close()
  pages.closeAllConnections()
}

function answerTo(url) {
  if (url === '/facts') return { type: 'application/json', body: JSON.stringify(factsOf(server)) }
  return FILES.get(url) ?? { type: 'text/plain', body: null }
}

function file(name, type) {
  return { type, body: readFileSync(new URL(`page/${name}`, import.meta.url)) }
}
