/**
 * The peer built into newer Node versions: the global WebSocket.
 * Needs: peers
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findNode } from '../../peers/programs.js'
import { startPeerServer } from './peer-server.ts'
import { expectVisit, runClient, WHOLE } from './visit.ts'

const client = fileURLToPath(new URL('builtin-client.js', import.meta.url))

for (const major of [24, 26] as const) {
  for (const deflate of [false, true]) {
    test(`the WebSocket of Node ${major}, deflate ${deflate ? 'on' : 'off'}`, async (t) => {
      const node = findNode(major)
      assert.ok(node, `Node ${major} comes from test/peers (npm ci there)`)
      const server = await startPeerServer({ deflate })
      t.after(() => server.stop())
      const visit = await runClient(node, [client, server.url])
      await expectVisit(visit, server, { names: WHOLE, deflate })
    })
  }
}
