/**
 * The page of the console: `/` and its two files, as `scripts/build.js` has made them of `console/`. Read once, when an admin port is made. Functions;
 * nothing to end.
 *
 * The page runs no script but its own, asks nobody but this port, and is shown in no frame.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { AdminAnswer, answer } from '../admin-answer.ts'
import type { AdminRequest, AdminRoute } from '../admin-routes.ts'

/** `docs/reference/admin.md` is made from it. */
export const CONSOLE_PATHS = {
  '/': [
    'GET',
    'yes',
    'The console: a page that shows all this live. A browser asks for the token as the password of Basic.',
  ],
  '/console/:file': ['GET', 'yes', 'Its script and style.'],
  '/console/live': [
    'GET',
    'yes',
    'Its live channel: a WebSocket, of pages of this port alone. A hello, then a look every second, as JSON, shared by all who watch (at most 16). While nobody watches, nothing is looked at.',
  ],
} as const satisfies Record<string, readonly [method: string, token: 'yes' | 'no', about: string]>

const BUILT = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/console/' : '../../console/', import.meta.url)
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
const HEADERS = { 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' }

/** @param folder where the built page is, for a test */
export function consoleRoutes(folder: URL = BUILT): AdminRoute[] {
  const files = filesIn(folder)
  const page = files.get('index.html')
  const file = ({ params }: AdminRequest): AdminAnswer =>
    files.get(params.file ?? '') ?? answer.text('no such path', 404)
  return [
    {
      ...{ method: 'GET', path: '/' },
      handler: () => page ?? answer.text('the console is not built: run `npm run build`', 404),
    },
    { method: 'GET', path: '/console/:file', handler: file },
  ]
}

/** The answers, by name. None where it is not built. */
function filesIn(folder: URL): ReadonlyMap<string, AdminAnswer> {
  try {
    const names = readdirSync(folder).filter((name) => extname(name) in TYPES)
    return new Map(names.map((name) => [name, fileAnswer(name, readFileSync(new URL(name, folder)))]))
  } catch {
    return new Map()
  }
}

function fileAnswer(name: string, bytes: Buffer): AdminAnswer {
  return new AdminAnswer(200, TYPES[extname(name)] ?? '', bytes, HEADERS)
}
