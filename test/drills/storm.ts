/**
 * The storm: three times as many clients as may come ask at once. Exactly as many as may are let in, all others are told when
 * to come back, nobody gets anything else, and the ledger conserves. Then all leave, and all of it happens again.
 *
 *   npm run drill:storm -- --wanted 15000 --may 5000 --rounds 2 --flight 400 --addresses 8
 *
 * `--expect` is how many should be open, when that is not what may: so that it can be seen to fail. Prints JSON. Exit code 0
 * when all checks hold, 1 when one does not, 2 when it could not run.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Server } from '../../src/index.ts'
import { within } from '../support/deadline.ts'
import { programOf } from '../support/program.ts'
import type { RoundSeen } from './storm-client.ts'
import { type Check, exactly, holds } from './verdict.ts'

type ServerSeen = Omit<ReturnType<Server['ledger']>, 'routes'> & { readonly mostOpen: number }

const ROUND_DEADLINE_MS = 180_000
/** For the sockets of the refused and of those who left to close. */
const CALM_DEADLINE_MS = 30_000

const { values } = parseArgs({
  options: {
    wanted: { type: 'string', default: '15000' },
    may: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '2' },
    flight: { type: 'string', default: '400' },
    addresses: { type: 'string', default: '8' },
    expect: { type: 'string' },
  },
})
const [wanted, may, rounds] = [Number(values.wanted), Number(values.may), Number(values.rounds)]
const expected = Number(values.expect ?? values.may)

function start(file: string, config: object): ChildProcess {
  const path = programOf(fileURLToPath(new URL(file, import.meta.url)))
  // A child ends when its channel does, and that ends with this process, however it ends.
  return fork(path, [JSON.stringify(config)], { execArgv: [] })
}

async function ask<Value>(child: ChildProcess, question: string): Promise<Value> {
  const answer = once(child, 'message')
  child.send(question)
  const gone = once(child, 'exit').then(() => {
    throw new Error(`a child ended while it was asked for "${question}"`)
  })
  const [said] = await within(`"${question}"`, Promise.race([answer, gone]), ROUND_DEADLINE_MS)
  return said as Value
}

/** What the server counts, once `calm` holds or it is not going to. */
async function seen(server: ChildProcess, calm: (ledger: ServerSeen) => boolean): Promise<ServerSeen> {
  const latest = Date.now() + CALM_DEADLINE_MS
  for (;;) {
    const ledger = await ask<ServerSeen>(server, 'ledger')
    if (calm(ledger) || Date.now() > latest) return ledger
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const server = start('storm-server.ts', { may })
const children = [server]
try {
  const [{ port }] = await within('the server', once(server, 'message'), ROUND_DEADLINE_MS)
  const config = { port, wanted, flight: Number(values.flight), addresses: Number(values.addresses) }
  const client = start('storm-client.ts', config)
  children.push(client)
  const checks: Check[] = []
  const numbers: object[] = []
  for (let round = 1; round <= rounds; round++) {
    const check = (what: string, seen: unknown, wanted: unknown): void => {
      checks.push(exactly(`round ${round}: ${what}`, seen, wanted))
    }
    const storm = await ask<RoundSeen>(client, 'round')
    const during = await seen(server, (ledger) => ledger.sockets === ledger.open)
    check('let in', storm.admitted, expected)
    check('refused with 503 and Retry-After', storm.refused, wanted - expected)
    check('errors', storm.errors, {})
    check('open', during.open, expected)
    check('imbalances while they are open', during.imbalances, [])
    check('limits.connectionsMax.refused', during.limits.connectionsMax.refused, round * (wanted - expected))
    await ask(client, 'leave')
    const after = await seen(server, (ledger) => ledger.sockets === 0 && ledger.closed === ledger.accepted)
    check('sockets after all have left', after.sockets, 0)
    check('connections after all have left', after.open + after.draining + after.closing, 0)
    check('imbalances after all have left', after.imbalances, [])
    check('at most open at once', after.mostOpen, expected)
    numbers.push({ ...storm, errors: undefined })
  }
  const verdict = { drill: 'storm', checks, numbers: { wanted, may, rounds: numbers } }
  console.log(JSON.stringify({ holds: holds(verdict), ...verdict }, null, 2))
  process.exitCode = holds(verdict) ? 0 : 1
} catch (thrown) {
  console.error(thrown)
  process.exitCode = 2
} finally {
  for (const child of children) child.kill('SIGKILL')
}
