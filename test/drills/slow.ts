/**
 * Slow readers: 200 of 1,000 members of a room never read while messages are published to it. The other 800 get everything, in
 * order; the memory of the process stays within its byte budget (outboxTotalBytesMax) plus 20 %; each policy does what it says.
 *
 * The rate is 50 MB/s delivered in all, to the members that read: published once for each of 1,000 members it would be 50
 * GB/s, which no machine does. Before that the kernel's buffers of those who never read are filled, some megabytes each, which
 * are not the process's. When all is published they wake and read, so that what was kept for them can be looked at.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from './child.ts'
import type { PeerReading, PeersState } from './drill-peers.ts'
import type { Published, Publishing, ServerConfig, ServerState } from './drill-server.ts'
import { forgetPeak, peakOf, rssOf } from './memory.ts'
import { atLeast, atMost, type Check, exactly, type Verdict } from './verdict.ts'

/** The last two: the budget of the process is spent before the bound of a connection is reached. */
export const POLICIES = ['end', 'drop-newest', 'drop-oldest', 'latestBy', 'budget-end', 'budget-drop'] as const
export type Policy = (typeof POLICIES)[number]

export interface SlowOptions {
  readonly policy: Policy
  readonly members: number
  readonly slow: number
  readonly bytesPerSecond: number
  readonly seconds: number
  readonly outboxBytesMax: number
  readonly outboxTotalBytesMax: number
  /** What publishing costs beside what waits, where the budget is so small that it shows: young objects, code that gets compiled. */
  readonly restBytes?: number
  /** Control: served by another policy than it is judged by. */
  readonly served?: Policy
  /** Control: the application keeps so much of each message, beside the budget. */
  readonly hoardBytes?: number
}

const MESSAGE_BYTES = 1024
const KEYS = 20
const MIB = 1024 * 1024
const DELIVERY_DEADLINE_MS = 30_000
/** Not what this is about. */
const PATIENT = { idleTimeoutMs: 3_600_000, keepaliveIntervalMs: 3_600_000 }

interface Found {
  readonly published: Published
  readonly readers: PeersState
  readonly slow: PeersState
  readonly state: ServerState
  readonly grown: number
}

export async function drillSlow(options: SlowOptions): Promise<Verdict> {
  const { policy, members, slow, served = policy } = options
  const children: Child[] = []
  const start = async (init: Parameters<typeof Child.start>[0]): Promise<Child> => {
    const child = await Child.start(init)
    children.push(child)
    return child
  }
  try {
    const [server, readers, sleepers] = await Promise.all([
      start({ file: 'drill-server.ts', config: configOf(options, served) }),
      start({ file: 'drill-peers.ts', config: {} }),
      start({ file: 'drill-peers.ts', config: {} }),
    ])
    const where = { host: '127.0.0.1', port: await server.ask<number>('port') }
    await readers.ask('open', { ...where, path: '/reads', count: members - slow })
    await sleepers.ask('open', { ...where, path: '/slow', count: slow, deaf: true, keyed: true })
    const before = rssOf(server.pid)
    forgetPeak(server.pid)
    await server.ask('fill', { kind: 'slow' })
    const published = await server.ask<Published>('publish', publishingOf(options), options.seconds * 1000 + 60_000)
    await delivered(readers, members - slow, published.messages)
    const grown = peakOf(server.pid) - before
    await sleepers.ask('wake')
    await quiet(server, sleepers)
    const found: Found = {
      ...{ published, grown, readers: await readers.ask('state'), slow: await sleepers.ask('state') },
      state: await server.ask('state'),
    }
    await Promise.all([readers.ask('leave'), sleepers.ask('leave')])
    await pause(200)
    return verdictOf(options, found, await server.ask('state'))
  } finally {
    await Promise.all(children.map((child) => child.end()))
  }
}

function configOf({ outboxBytesMax, outboxTotalBytesMax }: SlowOptions, policy: Policy): ServerConfig {
  const budget = policy.startsWith('budget')
  // When the budget is to be spent first, each alone may have more than its share of it.
  const own = budget ? Math.max(1024, outboxTotalBytesMax) : outboxBytesMax
  const limits = { ...PATIENT, outboxBytesMax: own, outboxTotalBytesMax, closeTimeoutMs: 2_000 }
  if (policy === 'latestBy') return { host: '127.0.0.1', latestBy: true, options: limits }
  const slow = policy === 'budget-end' ? 'end' : policy === 'budget-drop' ? 'drop-oldest' : policy
  return { host: '127.0.0.1', options: { ...limits, slow } }
}

function publishingOf({ members, slow, bytesPerSecond, seconds, hoardBytes = 0 }: SlowOptions): Publishing {
  return { bytesPerSecond, seconds, messageBytes: MESSAGE_BYTES, keys: KEYS, readers: members - slow, hoardBytes }
}

/** Until the readers have the last message, or the deadline: the checks say what is missing. */
async function delivered(readers: Child, count: number, last: number): Promise<void> {
  const until = performance.now() + DELIVERY_DEADLINE_MS
  while (performance.now() < until) {
    const { reading } = await readers.ask<PeersState>('state')
    if (reading.filter((one) => one.last === last).length === count) return
    await pause(100)
  }
}

/** Until those who woke get nothing more, and those who are to end have ended. */
async function quiet(server: Child, sleepers: Child): Promise<void> {
  const until = performance.now() + DELIVERY_DEADLINE_MS
  let before = -1
  while (performance.now() < until) {
    const { texts } = await sleepers.ask<PeersState>('state')
    const { ledger } = await server.ask<ServerState>('state')
    if (texts === before && ledger.closing === 0) return
    before = texts
    await pause(300)
  }
}

function verdictOf(options: SlowOptions, found: Found, left: ServerState): Verdict {
  const { policy, members, slow, bytesPerSecond, seconds, outboxTotalBytesMax, restBytes = 0 } = options
  const { published, readers, grown, state } = found
  const reading = readers.reading
  const wantedMessages = (bytesPerSecond * seconds) / MESSAGE_BYTES / (members - slow)
  const sum = (of: (one: PeerReading) => number): number => reading.reduce((total, one) => total + of(one), 0)
  const checks: Check[] = [
    atLeast('messages published', published.messages, Math.floor(wantedMessages * 0.9)),
    exactly('readers that stayed', readers.open, members - slow),
    exactly(
      'readers that have the first and the last message',
      reading.filter((one) => one.first === 1 && one.last === published.messages).length,
      members - slow,
    ),
    exactly(
      'messages readers missed',
      sum(({ missing }) => missing),
      0,
    ),
    exactly(
      'messages out of order',
      sum(({ backwards }) => backwards),
      0,
    ),
    atMost('memory grown by, at most', grown / MIB, (outboxTotalBytesMax * 1.2 + restBytes) / MIB, ' MiB'),
    ...policyChecks(policy, slow, found),
    exactly('when all have left: open, sockets, rooms', [left.ledger.open, left.ledger.sockets, left.rooms], [0, 0, 0]),
    exactly('imbalances', [...state.wrong, ...left.wrong], []),
  ]
  const { messagesDropped, dropped, endingsByReason } = state.ledger
  const delivered = (published.messages * MESSAGE_BYTES * (members - slow)) / published.seconds
  const numbers = { deliveredBytesPerSecond: Math.round(delivered), messagesDropped, dropped, endingsByReason }
  return { drill: `slow: ${policy}`, checks, numbers: { ...numbers, published: published.messages } }
}

/** What became of those who never read. */
function policyChecks(policy: Policy, slow: number, { published, slow: peers, state }: Found): Check[] {
  const { ledger } = state
  const { slowReader = 0, outboxBudget = 0 } = ledger.endingsByReason
  const droppedBy = (reason: string): number =>
    ledger.dropped.filter((one) => one.reason === reason).reduce((sum, { messages }) => sum + messages, 0)
  const last = published.messages
  const those = (what: string, are: (one: PeerReading) => boolean, wanted = slow): Check =>
    exactly(`slow ones ${what}`, peers.reading.filter(are).length, wanted)
  const stayed = exactly('slow ones that stayed', peers.open, slow)
  const inOrder = those('whose messages came in order', ({ backwards }) => backwards === 0)
  switch (policy) {
    case 'end':
      return [exactly('slow ones ended for it', [slowReader, outboxBudget], [slow, 0])]
    case 'budget-end':
      return [
        atLeast('slow ones ended by the budget', outboxBudget, 1),
        exactly('slow ones ended for another reason', ledger.closed - outboxBudget, 0),
      ]
    case 'drop-newest':
      return [
        stayed,
        atLeast('messages dropped as the newest', droppedBy('drop-newest'), slow),
        those('that have the oldest, without a gap', ({ first, missing }) => first === 1 && missing === 0),
        those('that have the last', (one) => one.last === last, 0),
        inOrder,
      ]
    case 'drop-oldest':
      return [
        stayed,
        atLeast('messages dropped as the oldest', droppedBy('drop-oldest'), slow),
        those('that have the last', (one) => one.last === last),
        those('that miss older ones', ({ first, missing }) => first > 1 || missing > 0),
        inOrder,
      ]
    case 'latestBy':
      return [
        stayed,
        atLeast('messages replaced by a later one of their key', droppedBy('latestBy'), slow),
        those('that have the last of every key', ({ lastByKey }) => isLastOfEach(lastByKey, last)),
        those('whose messages came in order within each key', ({ backwardsInKey }) => backwardsInKey === 0),
      ]
    case 'budget-drop':
      return [
        stayed,
        atLeast('messages dropped for the budget', droppedBy('budget'), slow),
        exactly('messages dropped for the bound of a connection', droppedBy('drop-oldest'), 0),
        exactly('slow ones with messages out of order', peers.reading.filter((one) => one.backwards > 0).length, 0),
      ]
  }
}

/** Keys go in turn, so the last of each are the last so many numbers. */
function isLastOfEach(numbers: readonly number[], last: number): boolean {
  return numbers.length === KEYS && numbers.every((number, at) => number === last - KEYS + 1 + at)
}
