/** A reload under traffic: connections move, and no client notices. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { NumberedPeers } from '../../support/numbered-peers.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { AppFolder, appWith, ECHO, type Said, supervise } from '../../support/supervised.ts'

const PEERS = 150

function counts({ event, moved, stayed, unanswered, drained }: Said): unknown {
  return { event, moved, stayed, unanswered, drained: (drained as { total: number }).total }
}

test('two reloads in a row while numbered messages come and go: nothing lost, repeated or out of order', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  const peers = await NumberedPeers.open(t, run.port, PEERS)
  peers.begin(100)
  for (let round = 0; round < 2; round++) {
    const wanted = { event: 'reloaded', moved: PEERS, stayed: {}, unanswered: 0, drained: 0 }
    assert.deepEqual(counts(await run.reload()), wanted)
  }
  await peers.settle()
  assert.deepEqual([...peers.problems, ...peers.closed], [])
  assert.ok(peers.sent > PEERS * 5, `${peers.sent} messages are too few to show anything`)
})

/** Members of one room, in two workers; the first two publish. */
const ROOM = appWith(`{
  open: (connection) => void connection.join('room'),
  message: (connection, message) => void connection.room('room').publish(message),
}`)

test('a room across two workers: every member gets what each publisher says, once and in order', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ROOM), { flags: ['--workers', '2'] })
  const members: RawClient[] = []
  for (let index = 0; index < 20; index++) members.push(await openRaw(t, run.port))
  const publishers = members.slice(0, 4)
  let number = 0
  const timer = setInterval(() => {
    for (const [index, publisher] of publishers.entries()) publisher.text(`${index} ${number}`)
    number++
  }, 20)
  t.after(() => clearInterval(timer))
  await until('they hear each other', () => members.every(({ texts }) => texts.length > 8))
  const outcome = await run.reload()
  assert.deepEqual(counts(outcome), { event: 'reloaded', moved: 20, stayed: {}, unanswered: 0, drained: 0 })
  clearInterval(timer)
  const wanted = number * publishers.length
  await until('all has come', () => members.every(({ texts }) => texts.length >= wanted))
  for (const member of members) {
    const next = publishers.map(() => 0)
    for (const text of member.texts) {
      const [publisher = 0, said = 0] = text.split(' ').map(Number)
      assert.equal(said, next[publisher]!, `publisher ${publisher}: ${text}`)
      next[publisher]!++
    }
    assert.deepEqual(
      next,
      publishers.map(() => number),
    )
  }
})

const MANNERS = `const server = createServer({ drainWindowMs: 100, drainTimeoutMs: 3_000 })
server.route('/echo', { message: (connection, message) => void connection.send(message) })
server.route('/slow', {
  async message(connection, message) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    connection.send('done ' + message + ' in ' + process.pid)
  },
})
server.route('/held', {
  open: (connection) => void connection.scope.every(60_000, () => {}),
  message: (connection, message) => void connection.send(message),
})
server.route('/hold', {
  hold: (connection, { moved }) => void connection.send('hold ' + moved),
  message: (connection, message) => void connection.send(message),
})
export default server
`

test('what cannot move is drained with 1012 and counted; a handler that runs is waited for', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(MANNERS))
  const [before] = run.serving
  const [echo, slow, held, hold] = await Promise.all(
    ['/echo', '/slow', '/held', '/hold'].map((path) => openRaw(t, run.port, path)),
  )
  await hold!.nextTexts(1)
  slow!.text('this')
  const outcome = await run.reload()
  assert.deepEqual(counts(outcome), { event: 'reloaded', moved: 3, stayed: { scope: 1 }, unanswered: 0, drained: 1 })
  assert.equal((await held!.closeCode()).code, 1012)
  assert.deepEqual(await slow!.nextTexts(1), [`done this in ${before}`])
  slow!.text('that')
  assert.deepEqual((await slow!.nextTexts(2))[1], `done that in ${run.serving[0]}`)
  assert.notEqual(run.serving[0], before)
  echo!.text('hello')
  assert.deepEqual(await echo!.nextTexts(1), ['hello'])
  assert.deepEqual(await hold!.nextTexts(2), ['hold false', 'hold true'])
})

test('a `restore` that fails is one reason, however many connections it was asked for', async (t) => {
  const app = (restore: string): string =>
    appWith(`{ upgrade: () => ({}), handoff: { save: () => 'saved', restore: ${restore} } }`)
  const folder = new AppFolder(t)
  const run = await supervise(t, folder.write(app('(saved) => saved')))
  const clients = await Promise.all(Array.from({ length: 5 }, () => openRaw(t, run.port)))
  folder.write(app(`() => { throw new Error('no restore') }`))
  const { event, stayed } = await run.reload()
  assert.deepEqual([event, stayed], ['reloaded', { restore: 5 }])
  for (const client of clients) assert.equal((await client.closeCode()).code, 1012)
})

test('whoever connects while reloads go on is let in: none refused, none reset', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  let over = false
  let served = 0
  const failures: string[] = []
  const visitor = async (): Promise<void> => {
    while (!over) {
      try {
        const client = await openRaw(t, run.port)
        client.text('hello')
        const [answer] = await client.nextTexts(1)
        if (answer === 'hello') served++
        else failures.push(`closed with ${(await client.closeCode()).code}`)
        client.destroy()
      } catch (thrown) {
        failures.push(String(thrown))
      }
    }
  }
  const visitors = Array.from({ length: 6 }, visitor)
  for (let round = 0; round < 3; round++) assert.equal((await run.reload()).event, 'reloaded')
  over = true
  await Promise.all(visitors)
  assert.deepEqual(failures, [])
  assert.ok(served > 100, `${served} are too few to show anything`)
})
