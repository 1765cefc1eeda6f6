/** Slow readers: what each value of `slow` does to them, over real sockets, for private messages and for those of rooms. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import WebSocket from 'ws'
import type { Backlog } from '../../src/connection/backlog.ts'
import { lifeOf } from '../../src/connection/connection.ts'
import type { Connection, RouteDeclaration, SendResult, Server, ServerEvents } from '../../src/index.ts'
import { turn, until, within } from '../support/deadline.ts'
import { openRaw } from '../support/raw-client.ts'
import { errorsOf, onlyConnection, type Setup, serve, settled } from '../support/serving.ts'

type Drop = ServerEvents['drop']

const KIB = 1024
const FILLER_BYTES = 6_000
const KEYS = 7

/** What follows a number: it hardly compresses, and it is wrong if a byte is. */
function fillerOf(number: number): string {
  return createHash('shake256', { outputLength: FILLER_BYTES }).update(String(number)).digest('base64')
}

const messageOf = (number: number, key: string): string => `${number} ${key} ${fillerOf(number)}`

/** Every eleventh has no key. */
const keyFor = (number: number): string => (number % 11 === 0 ? '-' : `k${number % KEYS}`)

const latestBy = (message: unknown): string | undefined => {
  const key = String(message).split(' ', 2)[1]
  return key === '-' ? undefined : key
}

interface Came {
  readonly client: WebSocket
  readonly numbers: number[]
  readonly keys: string[]
  /** Messages that are not what was sent. */
  readonly damaged: number[]
}

/** A client of `ws` that checks every message it gets. */
async function reader(t: TestContext, server: Server, deflate = false, path = '/'): Promise<Came> {
  const client = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { perMessageDeflate: deflate })
  t.after(() => client.terminate())
  const came: Came = { client, numbers: [], keys: [], damaged: [] }
  client.on('error', () => {})
  client.on('message', (data: Buffer) => {
    const [number = '', key = '', filler] = data.toString().split(' ')
    came.numbers.push(Number(number))
    came.keys.push(key)
    if (filler !== fillerOf(Number(number))) came.damaged.push(Number(number))
  })
  await within('open', once(client, 'open'))
  return came
}

function dropsOf(server: Server): Drop[] {
  const drops: Drop[] = []
  server.on('drop', (drop) => void drops.push(drop))
  return drops
}

const messagesIn = (drops: readonly Drop[]): number => drops.reduce((sum, { messages }) => sum + messages, 0)

function latestOfEachKey(numbers: readonly number[]): Map<string, number> {
  return new Map(numbers.map((number) => [keyFor(number), number] as const).filter(([key]) => key !== '-'))
}

interface Flood {
  readonly accepted: number[]
  readonly refused: number[]
}

/** Sends numbered messages, one in a turn, until `enough`. */
async function flood(enough: () => boolean, sendOne: (message: string) => SendResult, from = 0): Promise<Flood> {
  const accepted: number[] = []
  const refused: number[] = []
  for (let number = from; !enough(); number++) {
    const result = sendOne(messageOf(number, keyFor(number)))
    if (result === 'ended') break
    if (result === 'dropped') refused.push(number)
    else accepted.push(number)
    await turn()
  }
  return { accepted, refused }
}

const DEFLATES = [
  ['not compressed', false],
  ['compressed', { thresholdBytes: 0 }],
  ['compressed with what went before', { thresholdBytes: 0, serverContextTakeover: true }],
] as const
const VIAS = ['send', 'publish'] as const

function eachWay(what: string, slow: Setup<undefined>['slow'], body: (way: Way) => Promise<void>): void {
  test(what, async (t) => {
    for (const [name, deflate] of DEFLATES) {
      for (const via of VIAS) {
        await t.test(`${via}, ${name}`, async (t) => {
          const route: RouteDeclaration<undefined> = { open: (connection) => void connection.join('all') }
          const patient = { closeTimeoutMs: 5_000, outboxBytesMax: 256 * KIB }
          const server = await serve(t, { ...patient, slow: slow as 'end', deflate, route })
          const drops = dropsOf(server)
          const came = await reader(t, server, deflate !== false)
          const connection = await onlyConnection(server)
          assert.equal(came.client.extensions !== '', deflate !== false, 'what was to be negotiated is')
          const publish = (message: string): SendResult => {
            if (server.room('all').publish(message) === 1) return 'queued'
            return connection.state === 'open' ? 'dropped' : 'ended'
          }
          const sendOne = via === 'send' ? (message: string) => connection.send(message) : publish
          came.client.pause()
          await body({ server, connection, came, drops, sendOne })
        })
      }
    }
  })
}

interface Way {
  readonly server: Server
  readonly connection: Connection
  readonly came: Came
  readonly drops: Drop[]
  sendOne(message: string): SendResult
}

/** Lets the reader read again and waits for a last message behind all others, which is not counted. */
async function readOn({ connection, came, sendOne }: Omit<Way, 'server' | 'drops'>, last: number): Promise<void> {
  came.client.resume()
  await until('nothing waits', () => connection.bufferedBytes === 0)
  assert.notEqual(sendOne(messageOf(last, '-')), 'dropped')
  await until('the last has come', () => came.numbers.at(-1) === last)
  came.numbers.pop()
}

function countedAs(server: Server, drops: readonly Drop[], reason: Drop['reason'], count: number): void {
  assert.deepEqual(server.ledger().dropped, [{ route: '/', reason, messages: count }])
  assert.equal(server.ledger().messagesDropped, count)
  assert.equal(messagesIn(drops), count)
  assert.ok(drops.every((drop) => drop.reason === reason && drop.route === '/'))
}

eachWay(
  "'drop-newest': what was accepted arrives, whole and in order, the rest is refused",
  'drop-newest',
  async (way) => {
    const { server, connection, came, drops, sendOne } = way
    const { accepted, refused } = await flood(() => drops.length === 50, sendOne)
    assert.equal(refused.length, 50)
    assert.ok(connection.bufferedBytes <= 256 * KIB + 9_000, `${connection.bufferedBytes} bytes wait`)
    await readOn(way, 1_000_000)
    assert.deepEqual(came.numbers, accepted)
    assert.deepEqual(came.damaged, [])
    countedAs(server, drops, 'drop-newest', 50)
  },
)

eachWay(
  "'drop-oldest': the newest arrive in order, and only the oldest that waited are missing",
  'drop-oldest',
  async (way) => {
    const { server, connection, came, drops, sendOne } = way
    const { accepted, refused } = await flood(() => messagesIn(drops) >= 50, sendOne)
    assert.deepEqual(refused, [])
    assert.ok(connection.bufferedBytes <= 256 * KIB + 9_000, `${connection.bufferedBytes} bytes wait`)
    const dropped = messagesIn(drops)
    await readOn(way, 1_000_000)
    assert.equal(came.numbers.length + dropped, accepted.length)
    const gap = came.numbers.findIndex((number, index) => number !== index)
    assert.ok(gap > 0 && gap < came.numbers.length, `the gap is at ${gap}`)
    const expected = [...accepted.slice(0, gap), ...accepted.slice(gap + dropped)]
    assert.deepEqual(came.numbers, expected)
    assert.deepEqual(came.damaged, [])
    countedAs(server, drops, 'drop-oldest', dropped)
  },
)

eachWay(
  'latestBy: of each key the newest arrives, none goes back, and what has no key is kept',
  { latestBy },
  async (way) => {
    const { server, connection, came, drops, sendOne } = way
    const { accepted, refused } = await flood(() => messagesIn(drops) >= 100, sendOne)
    assert.deepEqual(refused, [])
    assert.ok(connection.bufferedBytes <= 256 * KIB + 9_000, `${connection.bufferedBytes} bytes wait`)
    const dropped = messagesIn(drops)
    await readOn(way, 1_000_010)
    assert.equal(came.numbers.length + dropped, accepted.length)
    assert.deepEqual(latestOfEachKey(came.numbers), latestOfEachKey(accepted))
    const before = new Map<string, number>()
    for (const number of came.numbers) {
      const key = keyFor(number)
      assert.ok((before.get(key) ?? -1) < number, `${number} of ${key} after ${before.get(key)}`)
      before.set(key, number)
    }
    assert.deepEqual(
      came.numbers.filter((number) => keyFor(number) === '-'),
      accepted.filter((number) => keyFor(number) === '-'),
    )
    assert.deepEqual(came.damaged, [])
    countedAs(server, drops, 'latestBy', dropped)
  },
)

eachWay("'end': 1008, behind everything that was accepted", 'end', async (way) => {
  const { server, connection, came, drops, sendOne } = way
  const { accepted } = await flood(() => connection.state !== 'open', sendOne)
  assert.equal(connection.ending?.code, 1008)
  came.client.resume()
  const [code] = await within('the close frame', once(came.client, 'close'))
  assert.equal(code, 1008)
  assert.deepEqual(came.numbers, accepted)
  assert.deepEqual(came.damaged, [])
  countedAs(server, drops, 'end', 1)
  await settled(server)
})

test('what waits one by one keeps no memory but its own, so that the bounds say what it costs', async (t) => {
  for (const [name, deflate] of DEFLATES) {
    for (const via of VIAS) {
      const route: RouteDeclaration<undefined> = { open: (connection) => void connection.join('all') }
      const server = await serve(t, { slow: 'drop-oldest', deflate, outboxBytesMax: 256 * KIB, route })
      const { client } = await reader(t, server, deflate !== false)
      const connection = await onlyConnection(server)
      const backlog = (): Backlog | null | undefined => lifeOf(connection)?.outbox.backlog
      client.pause()
      await flood(
        () => (backlog()?.count ?? 0) > 0,
        (message) => connection.send(message),
      )
      const message = 'compresses well '.repeat(100)
      if (via === 'send') connection.send(message)
      else server.room('all').publish(message)
      const frames: Uint8Array[] = []
      for (let one = backlog()?.shift(); one !== undefined; one = backlog()?.shift()) frames.push(one.frame)
      assert.ok(frames.length > 1)
      for (const frame of frames) assert.equal(frame.buffer.byteLength, frame.length, `${via}, ${name}`)
      client.terminate()
    }
  }
})

test("'drop-oldest', compressed with what went before: the same bytes sent again and again", async (t) => {
  const deflate = { thresholdBytes: 0, serverContextTakeover: true }
  const server = await serve(t, { slow: 'drop-oldest', deflate, outboxBytesMax: 256 * KIB, route: {} })
  const drops = dropsOf(server)
  const { client } = await reader(t, server, true)
  const connection = await onlyConnection(server)
  client.pause()
  // Longer than the window, so that they do not compress.
  const same = Buffer.concat(Array.from({ length: 20 }, (_, number) => Buffer.from(fillerOf(number), 'base64')))
  for (let count = 0; drops.length < 20 && count < 1_000; count++) {
    connection.send(same)
    await turn()
  }
  assert.equal(messagesIn(drops), 20)
})

test('readers that read get everything, whatever a slow one in their room loses', async (t) => {
  const server = await serve(t, {
    slow: 'drop-oldest',
    outboxBytesMax: 256 * KIB,
    route: { open: (connection) => void connection.join('all') },
  })
  const drops = dropsOf(server)
  const [slow, ...quick] = [await reader(t, server), await reader(t, server), await reader(t, server)]
  slow!.client.pause()
  const { accepted } = await flood(
    () => messagesIn(drops) >= 50,
    (message) => (server.room('all').publish(message) === 3 ? 'queued' : 'dropped'),
  )
  for (const { client, numbers, damaged } of quick) {
    await until('all have come', () => numbers.length === accepted.length)
    assert.deepEqual(numbers, accepted)
    assert.deepEqual(damaged, [])
    client.terminate()
  }
})

test('a drop says how many bytes the message had that is not sent', async (t) => {
  const server = await serve(t, { slow: { latestBy: () => 'one' }, route: {} })
  const drops = dropsOf(server)
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.socket.pause()
  await until('it is slow', () => connection.send(Buffer.alloc(64 * KIB)) === 'queued')
  await until('and stays so', () => connection.send('first') === 'queued' && drops.length > 0)
  drops.length = 0
  connection.send('second and longer')
  connection.send('third')
  assert.deepEqual(
    drops.map(({ bytes, messages, reason }) => [bytes, messages, reason]),
    [
      ['first'.length + 2, 1, 'latestBy'],
      ['second and longer'.length + 2, 1, 'latestBy'],
    ],
  )
})

test('control frames are exempt: a ping is answered, and the close frame comes behind what waits', async (t) => {
  for (const slow of ['drop-oldest', 'drop-newest', { latestBy }] as const) {
    const server = await serve(t, { slow: slow as 'end', outboxBytesMax: 64 * KIB, closeTimeoutMs: 5_000, route: {} })
    const drops = dropsOf(server)
    const client = await openRaw(t, server.port)
    const connection = await onlyConnection(server)
    client.socket.pause()
    const { accepted } = await flood(
      () => messagesIn(drops) >= 20,
      (message) => connection.send(message),
    )
    const received = connection.messagesReceived
    client.frame({ opcode: 9, payload: 'are you there?' })
    client.text('last')
    await until('the ping has come', () => connection.messagesReceived === received + 1)
    connection.end({ code: 4_000, reason: 'bye' })
    assert.equal(connection.send('too late'), 'ended')
    client.socket.resume()
    assert.deepEqual(await client.closeCode(), { code: 4_000, reason: 'bye' })
    client.closeFrame(4_000)
    await settled(server)
    const { frames } = client
    assert.equal(frames.at(-1)?.opcode, 8, 'nothing comes behind the close frame')
    assert.deepEqual(
      frames.filter(({ opcode }) => opcode === 10).map(({ payload }) => payload.toString()),
      ['are you there?'],
    )
    assert.equal(Number(client.texts.at(-1)?.split(' ', 1)[0]), accepted.at(-1), `${JSON.stringify(slow)}: the newest`)
  }
})

test('latestBy that throws is announced, and its message is kept', async (t) => {
  const server = await serve(t, {
    slow: {
      latestBy: (message) => {
        if (String(message).includes('bad')) throw new Error('no key in it')
        return 'one'
      },
    },
    route: { open: (connection) => void connection.join('all') },
  })
  const errors = errorsOf(server)
  const drops = dropsOf(server)
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.socket.pause()
  await until('it is slow', () => connection.send(Buffer.alloc(64 * KIB)) === 'queued' && drops.length > 0)
  assert.deepEqual(errors, [])
  for (const text of ['good 1', 'bad 1', 'bad 2', 'good 2']) assert.equal(connection.send(text), 'queued')
  assert.equal(server.room('all').publish('bad 3'), 1)
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_HANDLER_FAILED', 'HF_HANDLER_FAILED', 'HF_HANDLER_FAILED'],
  )
  assert.match(errors.map(({ message }) => message).join(), /latestBy.*no key in it/s)
  client.socket.resume()
  await until('all have come', () => client.texts.includes('bad 3'))
  assert.deepEqual(client.texts, ['good 2', 'bad 1', 'bad 2', 'bad 3'])
})

test('drained(): true at once when nothing waits, true when the reader reads on, for all who wait', async (t) => {
  const server = await serve(t, { outboxBytesMax: 64 * KIB * KIB, route: {} })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  assert.equal(await connection.drained(), true)
  connection.send('goes out in this turn')
  assert.equal(await within('the turn', connection.drained()), true)
  client.socket.pause()
  await until('it is slow', () => connection.send(Buffer.alloc(64 * KIB)) === 'queued')
  let settledAs: unknown
  const first = connection.drained()
  void first.then((value) => {
    settledAs = value
  })
  const second = connection.drained(new AbortController().signal)
  for (let count = 0; count < 20; count++) await turn()
  assert.equal(settledAs, undefined, 'nobody has read')
  client.socket.resume()
  assert.deepEqual(await within('both', Promise.all([first, second])), [true, true])
  assert.equal(connection.bufferedBytes, 0)
})

test('drained() is false when the connection ends, however it does, also while its handler runs', async (t) => {
  const ends: [string, (connection: Connection) => void][] = [
    ['end', (connection) => connection.end()],
    ['kill', (connection) => connection.kill()],
  ]
  for (const [name, end] of ends) {
    const returned: boolean[] = []
    const server = await serve(t, {
      outboxBytesMax: 64 * KIB * KIB,
      // Far longer than the test waits: whoever waits for the end of the connection would wait too long.
      closeTimeoutMs: 60_000,
      route: {
        async message(connection) {
          returned.push(await connection.drained())
        },
      },
    })
    const client = await openRaw(t, server.port)
    const connection = await onlyConnection(server)
    client.socket.pause()
    await until('it is slow', () => connection.send(Buffer.alloc(64 * KIB)) === 'queued')
    client.text('wait for it')
    await until('it waits', () => connection.messagesReceived === 1)
    const outside = connection.drained()
    end(connection)
    assert.equal(await within(`${name}: the answer`, outside, 1_000), false)
    await until(`${name}: the handler's answer`, () => returned.length === 1, 1_000)
    assert.deepEqual(returned, [false])
    assert.equal(await connection.drained(), false)
    client.destroy()
    await settled(server)
    assert.equal(await connection.drained(), false)
  }
})

test('drained(): the signal ends the wait, before it and during it, and no listener stays on it', async (t) => {
  const server = await serve(t, { outboxBytesMax: 64 * KIB * KIB, route: {} })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  const reason = new Error('enough')
  await assert.rejects(connection.drained(AbortSignal.abort(reason)), reason)
  const controller = new AbortController()
  const { signal } = controller
  let listeners = 0
  const { addEventListener, removeEventListener } = EventTarget.prototype
  signal.addEventListener = (...args: Parameters<EventTarget['addEventListener']>) => {
    listeners++
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<EventTarget['removeEventListener']>) => {
    listeners--
    removeEventListener.apply(signal, args)
  }
  assert.equal(await connection.drained(signal), true)
  assert.equal(listeners, 0)
  client.socket.pause()
  await until('it is slow', () => connection.send(Buffer.alloc(64 * KIB)) === 'queued')
  const waits = connection.drained(signal)
  assert.equal(listeners, 1)
  client.socket.resume()
  assert.equal(await within('the reader', waits), true)
  assert.equal(listeners, 0)
  client.socket.pause()
  await until('it is slow again', () => connection.send(Buffer.alloc(64 * KIB)) === 'queued')
  const aborted = connection.drained(signal)
  controller.abort(reason)
  await assert.rejects(within('the abort', aborted), reason)
  const other = new AbortController()
  const lost = connection.drained(other.signal)
  connection.kill()
  assert.equal(await within('the end', lost), false)
})
