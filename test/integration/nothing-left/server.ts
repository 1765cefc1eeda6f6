/**
 * The server of the nothing-left test: a route for each way to end, short deadlines, scopes with everything in them. Made by the
 * test, which closes it; `keep` lets a control leak on purpose.
 */
import type { EventEmitter } from 'node:events'
import {
  type Connection,
  type ConnectionHandlers,
  createServer,
  reject,
  type Server,
  type Turn,
  type UpgradeRequest,
} from '../../../src/index.ts'
import type { Counts } from './counts.ts'

export interface Surroundings {
  readonly counts: Counts
  /** Shared by all connections: what they listen to must have no listener in the end. */
  readonly bus: EventEmitter
  readonly target: EventTarget
  /** Tells that the upgrade request of this peer has reached its await, and the peer may vanish. */
  reached(mark: string): void
  /** For controls: called with each connection that opens. */
  keep?(connection: Connection<Data>): void
}

export interface Data {
  readonly way: string
}

export function makeServer(around: Surroundings): Server {
  const { counts } = around
  const server = createServer({
    // A handler that is overdue is found before its peer is idle: handlerTimeoutMs and closeTimeoutMs are less than idleTimeoutMs.
    ...{ handshakeTimeoutMs: 600, closeTimeoutMs: 100, idleTimeoutMs: 300, keepaliveIntervalMs: 100 },
    ...{ handlerTimeoutMs: 100, messageTimeoutMs: 80, drainTimeoutMs: 500, outboxBytesMax: 65_536 },
    ...{ messageBytesMax: 100_000, handlerQueueMax: 4 },
  })
  server.on('error', ({ error }) => {
    const expected = ['HF_HANDLER_FAILED', 'HF_HANDLER_OVERDUE', 'HF_UPGRADE_FAILED']
    if (!expected.includes(error.code)) counts.wrongs.push(error.message)
  })
  server.use(async (request, next) => {
    if (request.path === '/middleware-rejects') throw reject(429, 'later', { 'Retry-After': '1' })
    if (request.path !== '/vanish') return next()
    await stop(around, request, 'before first')
    await stop(around, request, 'in first')
    const stage = stageOf(request)
    const data = await next()
    // The request is still ours until the answer, even when the peer has left.
    if (stage === 'after first') await stop(around, request, 'after first')
    return data
  })
  server.use(async (request, next) => {
    if (request.path === '/second-middleware-rejects') {
      await turnOfTheLoop()
      throw reject(403, 'no')
    }
    if (request.path !== '/vanish') return next()
    await stop(around, request, 'between')
    await stop(around, request, 'in second')
    const data = await next()
    await stop(around, request, 'after second')
    return data
  })
  server.route<Data>('/protocols', { protocols: ['a'], upgrade: () => ({ way: 'protocols' }), ...handlers(around) })
  server.route<Data>('/:way', { upgrade: (request) => upgrade(around, request), ...handlers(around) })
  return server
}

async function upgrade(around: Surroundings, request: UpgradeRequest): Promise<Data> {
  const way = request.params.way ?? ''
  if (way === 'upgrade-rejects') throw reject(401, 'no')
  if (way === 'upgrade-throws') throw new Error('on purpose')
  if (way === 'vanish') await stop(around, request, 'in upgrade')
  if (way === 'upgrade-hangs') await aborted(request.signal)
  if (!/later|async/.test(way)) return { way }
  await turnOfTheLoop()
  if (way === 'upgrade-rejects-later') throw reject(401, 'no')
  if (way === 'upgrade-throws-later') throw new Error('on purpose')
  return { way }
}

function stageOf(request: UpgradeRequest): string | null {
  return request.headers.get('x-stage')
}

/** At the stage the peer has chosen: tells it, and waits until it has vanished. */
async function stop(around: Surroundings, request: UpgradeRequest, stage: string): Promise<void> {
  if (request.signal.aborted || stageOf(request) !== stage) return
  const { signal } = request
  around.reached(request.headers.get('x-mark') ?? '')
  await aborted(signal)
  if (request.headers.get('x-then') === 'gives-up') signal.throwIfAborted()
}

function handlers(around: Surroundings): ConnectionHandlers<Data> {
  const { counts, bus, target } = around
  return {
    open(connection: Connection<Data>): unknown {
      const { way } = connection.data
      counts.opens += 1
      if (counts.open.has(connection.id)) counts.wrongs.push(`open twice: ${connection.id}`)
      counts.open.add(connection.id)
      around.keep?.(connection)
      connection.scope.defer(counts.hold())
      connection.join('all')
      connection.join(`room of ${way}`)
      if (way === 'open-throws') throw new Error('on purpose')
      if (way === 'we-kill-in-open') connection.kill()
      if (way === 'we-end-in-open') connection.end({ code: 3000 })
      if (way === 'open-waits-peer-resets') return aborted(connection.signal)
      return undefined
    },
    hold(connection: Connection<Data>): void {
      const { scope } = connection
      scope.every(20, () => connection.send('tick'))
      scope.after(10_000, () => counts.wrongs.push('a timer outlived its connection'))
      scope.listen(bus, 'news', (news: string) => void connection.send(news))
      scope.listen(target, 'news', () => void connection.ping())
      scope.use({ [Symbol.dispose]: counts.hold() })
      scope.fork('fork').fork('fork of the fork').defer(counts.hold())
      void scope.task('waits for its end', (signal) => aborted(signal)).catch(() => {})
      void connection.task('ends by itself', () => turnOfTheLoop())
    },
    message(connection: Connection<Data>, message: string | Buffer, turn: Turn): unknown {
      if (message === 'end') connection.end()
      else if (message === 'kill') connection.kill()
      else if (message === 'throw') throw new Error('on purpose')
      else if (message === 'reject') return turnOfTheLoop().then(() => Promise.reject(new Error('on purpose')))
      else if (message === 'wait for the signal') return aborted(turn.signal)
      else if (message === 'wait for the connection to end') return aborted(connection.signal)
      else if (message === 'wait a little') return turnOfTheLoop()
      else if (message === 'flood') flood(connection)
      else connection.room('all').publish('to all', { except: connection as Connection<never> })
      return undefined
    },
    close(connection: Connection<Data>, ending: { readonly code: number }): unknown {
      const { way } = connection.data
      counts.closes += 1
      counts.ended(way, ending.code)
      if (!counts.open.delete(connection.id)) counts.wrongs.push(`close without open, or twice: ${connection.id}`)
      connection.scope.defer(counts.hold())
      if (way === 'close-throws') throw new Error('on purpose')
      return way === 'close-waits' ? turnOfTheLoop() : undefined
    },
  }
}

/** Sends until the kernel takes no more and the outbox is full; both ends of a loopback socket hold some megabytes. */
function flood(connection: Connection<Data>): void {
  const block = Buffer.alloc(60_000)
  void connection.task('flood', async () => {
    while (connection.send(block) !== 'ended') await turnOfTheLoop()
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
