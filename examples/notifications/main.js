// The notification example: a page to be opened in several tabs as the same user, and an HTTP POST that notifies that user.
//
//   node examples/notifications/main.js [--port 8080] [--host 127.0.0.1]
//
// Listens on this machine only, and POST wants a token: NOTIFY_TOKEN, or a new one that it prints. Runs until SIGINT or SIGTERM.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { parseArgs } from 'node:util'
import { createServer } from 'holdfast'
import { addFeed } from './feed.js'
import { notifyListener } from './notify.js'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env.PORT ?? '8080' },
    host: { type: 'string', default: '127.0.0.1' },
  },
})
const token = process.env.NOTIFY_TOKEN ?? randomBytes(12).toString('base64url')

// A table, so no path is taken from the URL.
const FILES = new Map([
  ['/', file('index.html', 'text/html; charset=utf-8')],
  ['/feed.js', file('feed.js', 'text/javascript; charset=utf-8')],
  ['/feed.css', file('feed.css', 'text/css; charset=utf-8')],
])
const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const server = createServer()
const notifyOnRequest = notifyListener(token, addFeed(server))

// A body that does not come is a wait too, so it has a deadline.
const pages = createHttpServer({ requestTimeout: 5_000, connectionsCheckingInterval: 1_000 }, (request, response) => {
  const path = request.url.split('?', 1)[0]
  if (path === '/notify') {
    notifyOnRequest(request, response).catch(() => response.destroy())
    return
  }
  const { type, body } = FILES.get(path) ?? { type: 'text/plain', body: null }
  response.writeHead(body === null ? 404 : 200, { ...HEADERS, 'content-type': type }).end(body ?? 'not found\n')
})
server.attach(pages)

pages.listen(Number(values.port), values.host, () => {
  const at = `localhost:${pages.address().port}`
  console.log(`page    http://${at}/?user=ada   (open it in two tabs)`)
  console.log(`feed    ws://${at}/feed?user=ada`)
  console.log(`notify  curl -H 'authorization: Bearer ${token}' -d '{"user":"ada","text":"hello"}' http://${at}/notify`)
})
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

async function stop() {
  pages.close()
  await server.close()
  pages.closeAllConnections()
}

function file(name, type) {
  return { type, body: readFileSync(new URL(`page/${name}`, import.meta.url)) }
}
