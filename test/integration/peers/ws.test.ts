/** The peer `ws`, as a client. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPeerServer } from './peer-server.ts'
import { expectVisit, FRAGMENTED, WHOLE } from './visit.ts'
import { visitWithWs } from './ws-client.ts'

const names = [...WHOLE, ...FRAGMENTED]

for (const serverDeflates of [false, true]) {
  for (const clientDeflates of [false, true]) {
    test(`ws, deflate ${serverDeflates ? 'on' : 'off'} here and ${clientDeflates ? 'offered' : 'not offered'} there`, async (t) => {
      const server = await startPeerServer({ deflate: serverDeflates })
      t.after(() => server.stop())
      const perMessageDeflate = clientDeflates ? { threshold: 0 } : false
      const visit = await visitWithWs(server.url, { perMessageDeflate })
      await expectVisit(visit, server, { names, deflate: serverDeflates && clientDeflates })
    })
  }
}

test('ws, deflate with everything the client can ask for', async (t) => {
  const server = await startPeerServer({ deflate: true })
  t.after(() => server.stop())
  const visit = await visitWithWs(server.url, {
    perMessageDeflate: {
      threshold: 0,
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 10,
    },
  })
  await expectVisit(visit, server, { names, deflate: true })
  assert.match(visit.extensions, /permessage-deflate/)
})
