// Serves the files of the page and the client of Holdfast, and nothing else: a table, no paths taken from the URL.
import { readFileSync } from 'node:fs'

const FILES = new Map([
  ['/', { body: read('index.html'), type: 'text/html; charset=utf-8' }],
  ['/chat.js', { body: read('chat.js'), type: 'text/javascript; charset=utf-8' }],
  ['/who.js', { body: read('who.js'), type: 'text/javascript; charset=utf-8' }],
  ['/draw.js', { body: read('draw.js'), type: 'text/javascript; charset=utf-8' }],
  ['/client.js', { body: readClient(), type: 'text/javascript; charset=utf-8' }],
  ['/chat.css', { body: read('chat.css'), type: 'text/css; charset=utf-8' }],
  ['/favicon.svg', { body: read('favicon.svg'), type: 'image/svg+xml' }],
])

const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The listener of the HTTP server. */
export function servePage(request, response) {
  const file = FILES.get(request.url.split('?', 1)[0])
  if (!file) {
    response.writeHead(404, { ...HEADERS, 'content-type': 'text/plain' }).end('not found\n')
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { ...HEADERS, allow: 'GET, HEAD', 'content-type': 'text/plain' }).end('GET or HEAD only\n')
  } else {
    response.writeHead(200, { ...HEADERS, 'content-type': file.type, 'content-length': file.body.length })
    response.end(request.method === 'HEAD' ? undefined : file.body)
  }
}

/** `holdfast/client` is one file that imports nothing: a page can be given it as it is, without a bundler. */
function readClient() {
  return readFileSync(new URL(import.meta.resolve('holdfast/client')))
}

function read(name) {
  return readFileSync(new URL(`page/${name}`, import.meta.url))
}
