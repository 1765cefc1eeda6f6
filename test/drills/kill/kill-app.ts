/**
 * The app of the drill `kill`: echoes, a room, and what cannot move. It watches its own reload, through the internals of its
 * server, and kills whom its order names when the moment has come. Run by `holdfast run`; ends as its worker does.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Connection, createServer } from 'holdfast'
import type { Arrivals, Departures, Frozen } from '../../../src/server/internals.ts'
import { claimKill, FOLDER_VARIABLE, newPidOf, readOrder, sayNewPid } from './kill-order.ts'
import type { KillFault, Phase } from './kill-plan.ts'

const folder = process.env[FOLDER_VARIABLE] as string
/** So many messages go well between two that do not. */
const EVERY = 50
const BUSY_MS = 30

const seen: Partial<Record<Phase, number>> = {}
let round = -1
let fault: KillFault = 'none'
/** Of this round: handed over for good, adopted, committed. */
let given = 0
let taken = 0
let messages = 0
let hung: Connection | null = null

/** It has happened once more. Whoever is to die then does. */
function reached(phase: Phase): void {
  const order = readOrder(folder)
  if (order.round !== round) {
    round = order.round
    fault = order.plan?.fault ?? 'none'
    hung = null
    given = taken = 0
    for (const name of Object.keys(seen) as Phase[]) seen[name] = 0
  }
  const count = (seen[phase] ?? 0) + 1
  seen[phase] = count
  const { plan, oldPid } = order
  if (plan === null || plan.phase !== phase || count !== plan.nth || fault === 'spare') return
  const kill = (): void => {
    const pid = plan.victim === 'old' ? oldPid : plan.victim === 'supervisor' ? process.ppid : newPidOf(folder, round)
    if (!claimKill(folder, round)) return
    if (plan.how === 'exit') process.exit(9)
    process.kill(pid, 'SIGKILL')
  }
  if (plan.delayMs === 0) kill()
  else setTimeout(kill, plan.delayMs)
}

const isNew = readOrder(folder).oldPid !== process.pid
if (isNew) {
  sayNewPid(folder, readOrder(folder).round)
  reached('start')
}
const server = createServer({ drainWindowMs: 200, drainTimeoutMs: 3_000, closeTimeoutMs: 1_000 })
server.on('error', () => {})

const greet = (connection: Connection): void => void connection.send(`id ${connection.id}`)

function echo(connection: Connection, message: unknown): void {
  const isWrong = ++messages % EVERY === 0
  if (fault === 'hang' && isWrong) hung ??= connection
  if (connection === hung || (fault === 'lose' && isWrong)) return
  connection.send(`is ${message}`)
  if (fault === 'repeat' && isWrong) connection.send(`is ${message}`)
}

server.route('/echo', { open: greet, message: echo })
server.route('/slow', {
  open: greet,
  async message(connection, message) {
    await pause(BUSY_MS)
    echo(connection, message)
  },
})
server.route('/hold', {
  hold: (connection) => void connection.scope.every(60_000, () => {}),
  open: greet,
  message: echo,
})
server.route('/kept', {
  open(connection) {
    connection.scope.every(60_000, () => {})
    greet(connection)
  },
  message: echo,
})
server.route('/room', {
  open(connection) {
    connection.join('room')
    greet(connection)
  },
  message: (connection, message) => void connection.room('room').publish(`from ${message}`),
})

/** What a worker knows of itself. */
export interface Told {
  readonly pid: number
  readonly ids: readonly string[]
  /** Of the last round: connections it has let go of, and has taken over. */
  readonly given: number
  readonly taken: number
  readonly imbalances: readonly unknown[]
}

server.route('/ask', {
  open(connection) {
    const ids = [...server.connections].map(({ id }) => id).filter((id) => id !== connection.id)
    const told: Told = { pid: process.pid, ids, given, taken, imbalances: server.ledger().imbalances }
    connection.send(JSON.stringify(told))
  },
})

const internals = (server as unknown as Record<symbol, { departures: Departures; arrivals: Arrivals }>)[
  Symbol.for('holdfast.internals.5')
] as { departures: Departures; arrivals: Arrivals }
const { departures, arrivals } = internals

const freeze = departures.freeze.bind(departures)
departures.freeze = async (connection, withinMs) => {
  reached('freeze')
  const frozen = await freeze(connection, withinMs)
  return frozen === null ? null : watched(frozen)
}

function watched(frozen: Frozen): Frozen {
  const depart = frozen.depart.bind(frozen)
  frozen.depart = async (withinMs) => {
    const departed = await depart(withinMs)
    if (departed !== null) reached('state')
    return departed
  }
  const adopted = frozen.adopted.bind(frozen)
  frozen.adopted = () => {
    given++
    if (fault !== 'keep') adopted()
  }
  return frozen
}

const { expect, adopt, commit } = arrivals
arrivals.expect = (id, topics) => {
  expect.call(arrivals, id, topics)
  reached('expect')
}
arrivals.adopt = async (id, state, handle) => {
  reached('handle')
  await adopt.call(arrivals, id, state, handle)
  reached('adopted')
}
arrivals.commit = (id) => {
  taken++
  commit.call(arrivals, id)
  reached('commit')
}

const drain = server.drain.bind(server)
server.drain = (options) => {
  reached('drain')
  return fault === 'stay' ? new Promise(() => {}) : drain(options)
}

// biome-ignore lint/style/noDefaultExport: it is what holdfast run wants of an app.
export default server
