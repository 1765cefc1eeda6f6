/**
 * The peer Python `websockets`.
 * Needs: python
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findPython } from '../../peers/programs.js'
import { startPeerServer } from './peer-server.ts'
import { expectVisit, FRAGMENTED, runClient, WHOLE } from './visit.ts'

const client = fileURLToPath(new URL('websockets-client.py', import.meta.url))

for (const deflate of [false, true]) {
  test(`Python websockets, deflate ${deflate ? 'on' : 'off'}`, async (t) => {
    const python = findPython()
    assert.ok(python, 'a Python with the package websockets (Debian: python3-websockets)')
    const server = await startPeerServer({ deflate })
    t.after(() => server.stop())
    const visit = await runClient(python, [client, server.url, 'deflate'])
    await expectVisit(visit, server, { names: [...WHOLE, ...FRAGMENTED], deflate })
  })
}

test('Python websockets without an offer of compression', async (t) => {
  const python = findPython()
  assert.ok(python, 'a Python with the package websockets (Debian: python3-websockets)')
  const server = await startPeerServer({ deflate: true })
  t.after(() => server.stop())
  const visit = await runClient(python, [client, server.url, 'none'])
  await expectVisit(visit, server, { names: [...WHOLE, ...FRAGMENTED], deflate: false })
})
