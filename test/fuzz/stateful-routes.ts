/**
 * The server's side of target `stateful`: handlers that do random things with a connection, and a witness that writes down what
 * must come out even at the end. Owned by one case; holds ids and counts only, never a connection.
 */
import type { EventEmitter } from 'node:events'
import { type Connection, HoldfastError, reject, type Server, type Turn } from '../../src/index.ts'
import { Random } from './random.ts'

export interface Witness {
  /** Ids with an `open` and no `close` yet. */
  readonly open: Set<string>
  /** Put into scopes and not released. */
  held: number
  /** Signals of handlers; when the server has closed, all have aborted or their handlers have ended before. */
  waiting: { readonly what: string; readonly signal: AbortSignal }[]
  readonly wrongs: string[]
  wrong(what: string): void
}

export function newWitness(): Witness {
  const wrongs: string[] = []
  return { open: new Set(), held: 0, waiting: [], wrongs, wrong: (what) => void wrongs.push(what) }
}

export interface Stage {
  readonly server: Server
  readonly bus: EventEmitter
  readonly witness: Witness
  /** What a handler does is drawn from this, the peer's number and the handler's occasion: not from the order of events. */
  readonly seed: string
}

interface Data {
  /** The number the next message from the peer must have. */
  expected: number
  /** The number of our next message to it. */
  next: number
}

export function addRoutes(stage: Stage): void {
  const { server, seed, witness } = stage
  for (let layers = new Random(seed).int(0, 2); layers > 0; layers -= 1) {
    const layer = layers
    server.use(async (request, next) => {
      const random = new Random(`${seed} ${request.path} layer ${layer}`)
      if (random.chance(0.3)) await sleep(random.int(0, 15))
      if (random.chance(0.05)) throw reject(403, 'on purpose')
      if (random.chance(0.1)) request.signal.throwIfAborted()
      return await next()
    })
  }
  server.route<Data>('/wild/:peer', {
    upgrade(request) {
      const random = new Random(`${seed} ${request.path} upgrade`)
      const data: Data = { expected: 0, next: 0 }
      if (random.chance(0.03)) throw new Error('on purpose')
      if (random.chance(0.03)) throw reject(401, 'on purpose')
      return random.chance(0.3) ? sleep(random.int(0, 40)).then(() => data) : data
    },
    open(connection) {
      if (witness.open.has(connection.id)) witness.wrong(`open twice: ${connection.id}`)
      witness.open.add(connection.id)
      return act(stage, connection, 'open')
    },
    hold: (connection) => act(stage, connection, 'hold'),
    message(connection, message, turn) {
      const { data } = connection
      // Numbered by the peer: none missing, none twice, none overtaken.
      const number = Number(String(message).split(' ')[0])
      if (number !== data.expected) witness.wrong(`message ${number} came, wanted ${data.expected}`)
      data.expected = number + 1
      return act(stage, connection, `message ${number}`, turn)
    },
    close(connection, ending) {
      if (!witness.open.delete(connection.id)) witness.wrong(`close without open, or twice: ${connection.id}`)
      if (ending.code < 1000 || ending.code > 4999) witness.wrong(`ended with ${ending.code}`)
      if (connection.data === undefined) witness.wrong('no data in close')
      return act(stage, connection, 'close')
    },
  })
}

/** Does some random things at once, and perhaps more later. */
function act(stage: Stage, connection: Connection<Data>, occasion: string, turn?: Turn): unknown {
  const { witness, server, seed } = stage
  const random = new Random(`${seed} ${connection.params.peer} ${occasion}`)
  for (let times = random.int(0, 3); times > 0; times -= 1) step(stage, connection, random)
  if (turn !== undefined && random.chance(0.1)) {
    const { signal } = turn
    // Waits for what only its signal can end.
    witness.waiting.push({ what: `turn of a handler (connection then ${connection.state})`, signal })
    return signal.aborted
      ? undefined
      : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  if (random.chance(0.03)) throw new Error('on purpose')
  if (!random.chance(0.3)) return undefined
  const later = sleep(random.int(0, 25))
  return later.then(() => {
    const { imbalances } = server.ledger()
    if (imbalances.length > 0) witness.wrong(imbalances.join('; '))
    step(stage, connection, random)
    if (random.chance(0.05)) throw new Error('on purpose')
  })
}

/** One call of the API. Only the errors it documents may come out of it. */
function step(stage: Stage, connection: Connection<Data>, random: Random): void {
  try {
    call(stage, connection, random)
  } catch (error) {
    const closed =
      error instanceof HoldfastError && error.code === 'HF_CONNECTION_CLOSED' && connection.state === 'closed'
    if (!closed) stage.witness.wrong(`threw ${String(error)} while ${connection.state}`)
  }
  const { imbalances } = stage.server.ledger()
  if (imbalances.length > 0) stage.witness.wrong(imbalances.join('; '))
}

function call(stage: Stage, connection: Connection<Data>, random: Random): void {
  const { server, bus, witness } = stage
  const room = `room ${random.int(0, 3)}`
  const released = (): void => {
    witness.held -= 1
  }
  switch (random.int(0, 15)) {
    case 0:
    case 1:
    case 2: {
      const { data } = connection
      const result = connection.send(`${data.next} ${'x'.repeat(random.pick([0, 10, 500, 30_000]))}`)
      if (result === 'sent' || result === 'queued') data.next += 1
      return
    }
    case 3:
      if (random.chance(0.3)) connection.end({ code: random.pick([1000, 3000, 4999]), reason: 'on purpose' })
      return
    case 4:
      if (random.chance(0.2)) connection.kill()
      return
    case 5:
      connection.join(room)
      return
    case 6:
      connection.leave(room)
      return
    case 7:
      server.room(room).publish(`room ${random.bits()}`)
      return
    case 8:
      connection.room(room).publish(Buffer.alloc(random.int(0, 100)), { except: connection as Connection<never> })
      return
    case 9:
      connection.ping('?')
      return
    case 10: {
      const { scope } = connection
      witness.held += 1
      const release = scope.fork('fork').defer(released)
      if (random.chance(0.2)) release()
      return
    }
    case 11:
      connection.scope.listen(bus, 'news', () => void connection.send(`room ${random.bits()}`))
      if (random.chance(0.5)) bus.emit('news')
      return
    case 12:
      connection.scope.every(random.int(1, 20), () => void connection.ping())
      connection.scope.after(random.int(0, 20), () => step(stage, connection, random))
      return
    case 13: {
      const stays = random.chance(0.3)
      void connection
        .task('task', (signal) => {
          witness.waiting.push({ what: `task (connection then ${connection.state})`, signal })
          return stays
            ? new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
            : sleep(random.int(0, 30))
        })
        .catch(() => {})
      return
    }
    case 14:
      witness.waiting.push({
        what: `connection.signal first used while ${connection.state}`,
        signal: connection.signal,
      })
      return
    default: {
      const { scope } = connection
      witness.held += 1
      scope.use({ [Symbol.dispose]: released })
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
