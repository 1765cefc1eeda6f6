/** The bytes of a connection that moves are counted once at every moment: no sum falls, and none is doubled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INTERNALS } from '../../../src/server/internals.ts'
import { until } from '../../support/deadline.ts'
import { movers } from '../../support/moving.ts'
import { openRaw } from '../../support/raw-client.ts'

test('received and sent bytes, from before a move until its connection has gone', async (t) => {
  const pair = await movers(t, { route: { message: (connection, message) => void connection.send(message) } })
  const { figures, departures, countTraffic } = pair.from[INTERNALS]
  countTraffic()
  const client = await openRaw(t, pair.from.port)
  await until('it is here', () => pair.from.connections.size > 0)
  client.text('x'.repeat(100))
  await client.nextTexts(1)
  const [connection] = pair.from.connections
  assert.ok(connection)
  const seen: string[] = []
  const look = async (): Promise<void> => {
    const { receivedBytes, sentBytes } = await figures()
    seen.push(`${receivedBytes}/${sentBytes}`)
  }
  await look()
  pair.to[INTERNALS].arrivals.expect(connection.id, departures.topicsOf(connection))
  const frozen = await pair.freeze(connection)
  await look()
  const departed = await pair.depart(frozen)
  await look()
  await pair.adopt(connection.id, departed)
  frozen.adopted()
  await look()
  pair.to[INTERNALS].arrivals.commit(connection.id)
  await until('it has gone', () => connection.state === 'moved')
  await look()
  assert.equal(seen.length, 5)
  assert.deepEqual(new Set(seen).size, 1, seen.join(' '))
  assert.ok(Number.parseInt(seen[0] ?? '', 10) > 200, seen[0])
})
