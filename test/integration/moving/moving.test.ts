import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bothSettled, movers } from '../../support/moving.ts'
import { openRaw } from '../../support/raw-client.ts'
import { onlyConnection } from '../../support/serving.ts'

test('an echo connection moves, and its client sees nothing of it', async (t) => {
  const hooks: string[] = []
  const route = (side: string) => ({
    open: () => void hooks.push(`open ${side}`),
    hold: (_: unknown, { moved }: { moved: boolean }) => void hooks.push(`hold ${side} ${moved}`),
    message: (connection: { send(text: string): unknown }, message: string | Buffer) =>
      void connection.send(`${side}: ${message}`),
    close: () => void hooks.push(`close ${side}`),
  })
  const pair = await movers(t, { route: route('old'), to: { route: route('new') } })
  const client = await openRaw(t, pair.from.port)
  client.text('one')
  await client.nextTexts(1)
  const connection = await onlyConnection(pair.from)
  const { id, openedAt, remoteAddress } = connection
  const there = await pair.move(connection, () => client.text('two'))
  assert.deepEqual(await client.nextTexts(2), ['old: one', 'new: two'])
  client.text('three')
  assert.deepEqual(await client.nextTexts(3), ['old: one', 'new: two', 'new: three'])
  assert.deepEqual([there.id, there.openedAt, there.remoteAddress], [id, openedAt, remoteAddress])
  assert.deepEqual([there.messagesReceived, there.messagesSent], [3, 3])
  assert.deepEqual([connection.state, connection.ending, connection.messagesReceived], ['moved', null, 1])
  client.closeFrame(1000, 'bye')
  assert.deepEqual(await client.closeCode(), { code: 1000, reason: 'bye' })
  await bothSettled(pair)
  assert.deepEqual(hooks, ['open old', 'hold old false', 'hold new true', 'close new'])
  const [from, to] = [pair.from.ledger(), pair.to.ledger()]
  assert.deepEqual([from.accepted, from.moved, from.closed], [1, 1, 0])
  assert.deepEqual([to.accepted, to.adopted, to.closed], [0, 1, 1])
})
