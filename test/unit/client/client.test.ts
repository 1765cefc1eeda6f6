/** The client against a WebSocket that does what the test says, with timers the test moves. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ClientOptions, type ClientState, comesBack, connect } from '../../../src/client/index.ts'
import { adviceOf } from '../../../src/protocol/close-codes.ts'

type Listener = (event: { data?: unknown; code?: number; reason?: string }) => void

/** One of a page, without a network. */
class FakeWebSocket {
  static made: FakeWebSocket[] = []
  static refuses = false
  binaryType = 'blob'
  readyState = 0
  readonly sent: unknown[] = []
  readonly closes: unknown[][] = []
  readonly url: string
  readonly protocols: unknown
  readonly #listeners: [type: string, listener: Listener][] = []

  constructor(url: string | URL, protocols: unknown) {
    if (FakeWebSocket.refuses) throw new SyntaxError('not a URL')
    this.url = String(url)
    this.protocols = protocols
    FakeWebSocket.made.push(this)
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.push([type, listener])
  }

  send(data: unknown): void {
    this.sent.push(data)
  }

  close(...args: unknown[]): void {
    if (args[0] === 1006) throw new RangeError('a code no client may send')
    this.closes.push(args)
    this.readyState = 2
  }

  opens(): void {
    this.readyState = 1
    this.#say('open', {})
  }

  says(data: unknown): void {
    this.#say('message', { data })
  }

  closesWith(code: number, reason = ''): void {
    this.readyState = 3
    if (code === 1006) this.#say('error', {})
    this.#say('close', { code, reason })
  }

  #say(type: string, event: object): void {
    for (const [of, listener] of this.#listeners) if (of === type) listener(event)
  }
}

interface Setting {
  readonly client: ReturnType<typeof connect>
  readonly states: ClientState[]
  readonly heard: unknown[]
  advance(ms: number): void
  /** The socket of the last try. */
  last(): FakeWebSocket
  made(): number
}

function setUp(t: TestContext, options: ClientOptions = {}, url: Parameters<typeof connect>[0] = 'ws://x/'): Setting {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  FakeWebSocket.made = []
  FakeWebSocket.refuses = false
  const states: ClientState[] = []
  const heard: unknown[] = []
  const client = connect(url, {
    WebSocket: FakeWebSocket,
    random: () => 0.5,
    onState: (state) => states.push(state),
    onMessage: (data) => heard.push(data),
    ...options,
  })
  return {
    ...{ client, states, heard },
    advance: (ms) => t.mock.timers.tick(ms),
    last: () => FakeWebSocket.made.at(-1) as FakeWebSocket,
    made: () => FakeWebSocket.made.length,
  }
}

test('comes back after exactly those codes whose advice is to', () => {
  for (let code = 0; code <= 5_100; code++) assert.equal(comesBack(code), adviceOf(code) === 'reconnect', String(code))
  assert.equal(comesBack(65_535), false)
})

test('for every close code: stops or waits, as the advice says', (t) => {
  for (const code of [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 3000, 3500,
  ]) {
    const { client, last, advance, made } = setUp(t)
    last().opens()
    last().closesWith(code, 'why')
    const stays = adviceOf(code) === 'stop'
    assert.equal(client.state.name, stays ? 'stopped' : 'waiting', String(code))
    assert.deepEqual('ending' in client.state && client.state.ending, { code, reason: 'why' })
    advance(100_000)
    assert.equal(made(), stays ? 1 : 2, String(code))
    client.end()
    t.mock.timers.reset()
  }
})

test('states, messages and sending', (t) => {
  const { client, states, heard, last, advance } = setUp(t, { protocols: ['v2'] })
  assert.deepEqual([last().url, last().protocols, last().binaryType], ['ws://x/', ['v2'], 'arraybuffer'])
  assert.equal(client.send('early'), false)
  last().opens()
  assert.equal(client.send('now'), true)
  last().says('hello')
  last().readyState = 2
  assert.equal(client.send('late'), false)
  last().closesWith(1006)
  assert.equal(client.send('away'), false)
  advance(250)
  last().opens()
  const ending = { code: 1006, reason: '' }
  assert.deepEqual(states, [
    { name: 'connecting', ending: undefined },
    { name: 'open' },
    { name: 'waiting', ending, inMs: 250 },
    { name: 'connecting', ending },
    { name: 'open' },
  ])
  assert.deepEqual([FakeWebSocket.made[0]?.sent, heard], [['now'], ['hello']])
})

test('full jitter: a random part of a bound that doubles up to the longest', (t) => {
  const { states, last, advance } = setUp(t, { waitFirstMs: 100, waitMaxMs: 1_000 })
  for (let count = 0; count < 7; count++) {
    last().closesWith(1006)
    advance(10_000)
  }
  assert.deepEqual(
    states.flatMap((state) => (state.name === 'waiting' ? [state.inMs] : [])),
    [50, 100, 200, 400, 500, 500, 500],
  )
  const lucky = setUp2(t, { random: () => 0 })
  lucky.last().closesWith(1006)
  assert.equal(lucky.client.state.name === 'waiting' && lucky.client.state.inMs, 0)
})

/** Another one in the same test. */
function setUp2(t: TestContext, options: ClientOptions): Setting {
  t.mock.timers.reset()
  return setUp(t, options)
}

test('what the server asks for is kept to, and chance comes on top', (t) => {
  const cases: [reason: string, inMs: number][] = [
    ['{"retryAfterMs":1834}', 1834 + 250],
    ['{"retryAfterMs":0}', 250],
    ['{"retryAfterMs":-5}', 250],
    ['{"retryAfterMs":"soon"}', 250],
    ['{"retryAfterMs":1e300}', 3_600_000 + 250],
    ['null', 250],
    ['{', 250],
    ['server is closing', 250],
  ]
  for (const [reason, inMs] of cases) {
    const { client, last, advance, made } = setUp2(t, {})
    last().opens()
    last().closesWith(1012, reason)
    assert.deepEqual(client.state, { name: 'waiting', ending: { code: 1012, reason }, inMs })
    advance(inMs - 1)
    assert.equal(made(), 1)
    advance(1)
    assert.equal(made(), 2)
    client.end()
  }
})

test('a server that says 0 again and again is still met with longer waits', (t) => {
  const { states, last, advance } = setUp(t)
  for (let count = 0; count < 4; count++) {
    last().opens()
    last().closesWith(1012, '{"retryAfterMs":0}')
    advance(60_000)
  }
  const waits = states.flatMap((state) => (state.name === 'waiting' ? [state.inMs] : []))
  assert.deepEqual(waits, [250, 500, 1_000, 2_000])
})

test('the back-off begins anew only after the connection was open for long enough', (t) => {
  const { states, last, advance } = setUp(t, { stableAfterMs: 5_000 })
  for (const openMs of [0, 4_999, 5_000, 0]) {
    last().opens()
    advance(openMs)
    last().closesWith(1006)
    advance(60_000)
  }
  const waits = states.flatMap((state) => (state.name === 'waiting' ? [state.inMs] : []))
  assert.deepEqual(waits, [250, 500, 250, 500])
})

test('a try that does not open in time has failed; what its socket says later is not heard', (t) => {
  const { client, heard, last, advance, made } = setUp(t, { connectTimeoutMs: 3_000 })
  const first = last()
  advance(3_000)
  assert.deepEqual(client.state, {
    ...{ name: 'waiting', inMs: 250 },
    ending: { code: 1006, reason: 'not open after 3000 ms' },
  })
  assert.equal(first.closes.length, 1)
  first.opens()
  first.says('late')
  first.closesWith(1000)
  assert.equal(client.state.name, 'waiting')
  advance(250)
  assert.deepEqual([made(), heard], [2, []])
})

test('end: closes, says so once, and neither comes back nor hears anything', (t) => {
  const { client, states, heard, last, advance, made } = setUp(t)
  last().opens()
  assert.throws(() => client.end(1006), RangeError)
  assert.equal(client.state.name, 'open', 'nothing has happened')
  client.end(4000, 'bye')
  client.end()
  assert.deepEqual(last().closes, [[4000, 'bye']])
  last().says('late')
  last().closesWith(1006)
  advance(100_000)
  assert.equal(client.send('x'), false)
  assert.deepEqual([made(), heard], [1, []])
  assert.deepEqual(states.at(-1), { name: 'stopped', ending: { code: 4000, reason: 'bye' } })
  assert.equal(states.length, 3)
})

test('end while it waits, and in the middle of a callback', (t) => {
  const { client, last, advance, made } = setUp(t)
  last().closesWith(1006)
  client.end()
  advance(100_000)
  assert.equal(made(), 1)
  t.mock.timers.reset()
  const other = setUp(t, {
    onState(state) {
      if (state.name === 'waiting') other.client.end()
    },
  })
  other.last().closesWith(1006)
  other.advance(100_000)
  assert.deepEqual([other.made(), other.client.state.name], [1, 'stopped'])
})

test('the URL may be a function, asked before each try; one that fails costs a try', (t) => {
  let asked = 0
  const { client, last, advance, made } = setUp(t, {}, () => `ws://x/?token=${++asked}`)
  assert.equal(last().url, 'ws://x/?token=1')
  last().closesWith(1006)
  FakeWebSocket.refuses = true
  advance(250)
  assert.deepEqual('ending' in client.state && client.state.ending, { code: 1006, reason: 'SyntaxError: not a URL' })
  FakeWebSocket.refuses = false
  advance(500)
  assert.deepEqual([made(), last().url], [2, 'ws://x/?token=3'])
})

test('the first try throws what the WebSocket throws; without a WebSocket that is said', () => {
  FakeWebSocket.refuses = true
  assert.throws(() => connect('x', { WebSocket: FakeWebSocket }), { message: 'not a URL' })
  FakeWebSocket.refuses = false
  assert.throws(() => connect('ws://x/', { WebSocket: 'none' }), { message: /^no WebSocket here/ })
})

test('a listener that throws breaks nothing: it comes back all the same', (t) => {
  let throws = false
  const { last, advance, made, client } = setUp(t, {
    onState() {
      if (throws) throw new Error('of the application')
    },
  })
  throws = true
  assert.throws(() => last().opens(), /of the application/)
  assert.throws(() => last().closesWith(1006), /of the application/)
  assert.throws(() => advance(250), /of the application/)
  throws = false
  assert.equal(made(), 2)
  last().opens()
  assert.equal(client.state.name, 'open')
})
