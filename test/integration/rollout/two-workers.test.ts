/** A room in two workers of one machine, and one of them is killed: it takes its own connections with it, and nothing else. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { AppFolder, appWith, PATIENCE_MS, type Supervised, supervise } from '../../support/supervised.ts'

const ROOM = appWith(`{
  open(connection) {
    connection.join('room')
    connection.send('in ' + process.pid)
  },
  message: (connection, message) => void connection.room('room').publish(message),
}`)

interface Member {
  readonly client: RawClient
  readonly pid: number
}

async function join(t: TestContext, run: Supervised): Promise<Member> {
  const client = await openRaw(t, run.port)
  const [text = ''] = await client.nextTexts(1)
  return { client, pid: Number(text.slice('in '.length)) }
}

/** What it has heard of one publisher. */
function heard({ client }: Member, publisher: number): number[] {
  const texts = client.texts.filter((text) => text.startsWith(`${publisher} `))
  return texts.map((text) => Number(text.split(' ')[1]))
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number)
}

test('each hears the other worker in order; the other one dies, and only its own connections with it', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ROOM), { flags: ['--workers', '2'] })
  const [first, second] = run.serving
  const members: Member[] = []
  const of = (pid: number | undefined): Member[] => members.filter((one) => one.pid === pid)
  while (of(first).length < 5 || of(second).length < 5) members.push(await join(t, run))
  // One in each worker.
  const [stays, dies] = [of(first)[0]!, of(second)[0]!]
  let said = 0
  const timer = setInterval(() => {
    stays.client.text(`1 ${said}`)
    dies.client.text(`2 ${said++}`)
  }, 5)
  t.after(() => clearInterval(timer))
  await until('they hear both', () => members.every((one) => heard(one, 1).length > 20 && heard(one, 2).length > 20))
  process.kill(second!, 'SIGKILL')
  await until('its connections end', () => of(second).every(({ client }) => client.closed))
  await until('another is there', () => run.serving.length === 2 && !run.serving.includes(second!), PATIENCE_MS)
  const late: Member[] = []
  while (!late.some(({ pid }) => pid !== first)) late.push(await join(t, run))
  const before = said
  await until('more was said', () => said > before + 20)
  clearInterval(timer)
  const latest = (one: Member): number => heard(one, 1).at(-1) ?? -1
  await until('all has come', () => [...of(first), ...late].every((one) => latest(one) === said - 1))
  for (const one of of(first)) {
    assert.equal(one.client.closed, false)
    assert.deepEqual(heard(one, 1), upTo(said), 'of the publisher that lives: everything')
    const ofDead = heard(one, 2)
    assert.deepEqual(ofDead, upTo(ofDead.length), 'of the one that died: what it said, without a gap, up to its end')
  }
  for (const one of late) {
    const numbers = heard(one, 1)
    assert.deepEqual(numbers, upTo(said).slice(numbers[0]), 'whoever came later: from then on')
  }
  for (const one of of(second)) assert.deepEqual(heard(one, 1), upTo(heard(one, 1).length))
})
