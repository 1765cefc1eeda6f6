/** The files of the page: how large they are, and that nothing in them asks anybody but the port itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { admin } from '../../../src/ops/index.ts'
import { consoleRoutes } from '../../../src/ops/live/console-pages.ts'
import { ask, openFor } from '../../support/admin-client.ts'
import { serve } from '../../support/serving.ts'
import { ROOT } from '../../support/supervised.ts'

const BUILT = join(ROOT, 'dist', 'console')
const GZIPPED_BYTES_MAX = 100_000

/** Addresses in a text that lead elsewhere. Names of namespaces are no addresses: nobody asks for them. */
function addressesIn(text: string): string[] {
  return [...text.matchAll(/(?:https?:|wss?:)?\/\/[a-z0-9-]+\.[a-z][\w./-]*/gi)]
    .map(([address]) => address)
    .filter((address) => !address.startsWith('http://www.w3.org/'))
}

test('all of it is under 100 KB compressed', (t) => {
  const sizes = readdirSync(BUILT).map((name) => gzipSync(readFileSync(join(BUILT, name)), { level: 9 }).length)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  t.diagnostic(`${bytes} bytes in ${sizes.length} files`)
  assert.equal(sizes.length, 3)
  assert.ok(bytes > 10_000 && bytes < GZIPPED_BYTES_MAX, `${bytes} bytes`)
})

test('names no address of elsewhere', () => {
  assert.deepEqual(
    addressesIn("fetch('https://cdn.example.com/x.js')"),
    ['https://cdn.example.com/x.js'],
    'the control',
  )
  for (const name of readdirSync(BUILT)) {
    assert.deepEqual(addressesIn(readFileSync(join(BUILT, name), 'utf8')), [], name)
  }
})

test('is served with a policy that lets no other script run, by the rules of the port', async (t) => {
  const server = await serve(t)
  const { port } = await admin(server, { port: 0 })
  const page = await ask(port, '/')
  assert.equal(page.status, 200)
  const policy = String(page.headers['content-security-policy'])
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(part), part)
  }
  assert.doesNotMatch(policy, /unsafe/)
  assert.doesNotMatch(page.body, /<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/i)
  const [, script = ''] = /src="([^"]+)"/.exec(page.body) ?? []
  assert.match(script, /^\/console\/console-[A-Z0-9]{8}\.js$/)
  assert.match(String((await ask(port, script)).headers['content-type']), /^text\/javascript/)
  assert.equal((await ask(port, '/', { headers: { Host: 'evil.example' } })).status, 403)
  for (const path of ['/console/none.js', '/console/..%2Findex.js', '/console/%2e%2e%2fpackage.json']) {
    assert.equal((await ask(port, path)).status, 404, path)
  }
})

test('says so when it was not built', async (t) => {
  const empty = mkdtempSync(join(tmpdir(), 'console-'))
  t.after(() => rmSync(empty, { recursive: true }))
  const { port } = await openFor(t, { routes: consoleRoutes(pathToFileURL(`${empty}/`)) })
  const { status, body } = await ask(port, '/')
  assert.deepEqual([status, body], [404, 'the console is not built: run `npm run build`\n'])
})
