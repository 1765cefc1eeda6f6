/**
 * Runs one drill: `main.ts alerts | scrape | stall | half-open | slow | drain | reload | kill | memory | endpoints | console | soak | soak:self`, with the flags of README.md beside this file. Prints what was
 * found as a table (or with --json), and exits with 0: all holds, 1: something does not, 2: the drill could not run.
 */
import { parseArgs } from 'node:util'
import { findNode } from '../peers/programs.js'
import { drillAlerts } from './alerts/alerts.ts'
import { drillConsole } from './console.ts'
import { drillDrain } from './drain.ts'
import { drillEndpoints } from './endpoints.ts'
import { drillHalfOpen } from './half-open.ts'
import { drillKill } from './kill/kill.ts'
import { KILL_FAULTS, plansOf, VICTIMS } from './kill/kill-plan.ts'
import { drillMemory } from './memory-accounts.ts'
import { oneOf } from './one-of.ts'
import { RELOAD_FLAGS, runReload } from './reload/parts.ts'
import { drillScrape } from './scrape.ts'
import { drillSlow, POLICIES, type Policy } from './slow.ts'
import { drillSoak, SOAK_TARGETS } from './soak.ts'
import { soakSelf } from './soak-self.ts'
import { drillStall } from './stall.ts'
import { asTable, holds, type Verdict } from './verdict.ts'

const MIB = 1024 * 1024
const OUT = 'test/drills/.work'

/** Flags with a number have a default here; false is a switch, a string stands for itself. */
type Flags = Readonly<Record<string, number | string | false>>

interface Values {
  number(name: string): number
  text(name: string): string
  on(name: string): boolean
}

interface Drill {
  readonly flags: Flags
  run(values: Values): AsyncIterable<Verdict>
}

const DRILLS: Readonly<Record<string, Drill>> = {
  alerts: {
    flags: { factor: 120, seconds: 180, calm: false },
    async *run({ number, on }) {
      yield await drillAlerts({ factor: number('factor'), seconds: number('seconds'), calm: on('calm') })
    },
  },
  scrape: {
    // A multiple of the time after which all are pinged: otherwise one half of a turn has one more of these than the other.
    flags: { connections: 10_000, turns: 5, seconds: 20, settle: 40, often: 1, stuck: 0 },
    async *run({ number }) {
      yield await drillScrape({
        ...{ connections: number('connections'), turns: number('turns'), seconds: number('seconds') },
        ...{ settleMs: number('settle') * 1000, perSecond: number('often'), stuckMs: number('stuck') },
      })
    },
  },
  stall: {
    flags: { seconds: 70, idle: 60, interval: 10, live: 200, dead: 5, deaf: false },
    async *run({ number, on }) {
      yield await drillStall({
        ...{ blockMs: number('seconds') * 1000, idleTimeoutMs: number('idle') * 1000 },
        ...{ keepaliveIntervalMs: number('interval') * 1000, live: number('live'), dead: number('dead') },
        deaf: on('deaf'),
      })
    },
  },
  'half-open': {
    flags: { idle: 60, interval: 10, each: 100, intact: false },
    async *run({ number, on }) {
      yield await drillHalfOpen({
        ...{ idleTimeoutMs: number('idle') * 1000, keepaliveIntervalMs: number('interval') * 1000 },
        ...{ each: number('each'), intact: on('intact') },
      })
    },
  },
  slow: {
    flags: {
      policies: POLICIES.join(','),
      members: 1000,
      slow: 200,
      rate: 50,
      seconds: 20,
      outbox: 128,
      budget: 64,
      spent: 256,
    },
    async *run({ number, text }) {
      for (const name of text('policies').split(',')) {
        const policy = POLICIES.find((known) => known === name)
        if (policy === undefined) throw new Error(`--policies ${name}: wanted ${POLICIES.join(', ')}`)
        yield await drillSlow({ policy, ...sizes(policy, number) })
      }
    },
  },
  drain: {
    flags: { quiet: 9_000, busy: 1_000, stuck: 300, window: 10, timeout: 20, burst: false },
    async *run({ number, on }) {
      yield await drillDrain({
        ...{ quiet: number('quiet'), busy: number('busy'), stuck: number('stuck') },
        ...{ windowMs: number('window') * 1000, timeoutMs: number('timeout') * 1000, burst: on('burst') },
        ...{ retryAfterMs: [500, 2_500], paceMost: 1.3 },
      })
    },
  },
  reload: {
    flags: RELOAD_FLAGS,
    run: ({ number, text }) => runReload({ number, text }),
  },
  kill: {
    flags: {
      ...{ kills: 20, seed: 0, connections: 300, victims: VICTIMS.join(','), interval: 250, answer: 15 },
      ...{ from: 0, fault: 'none' },
    },
    async *run({ number, text }) {
      const seed = number('seed') || 1 + (Date.now() % 1_000_000)
      const victims = text('victims').split(',')
      const fault = oneOf('fault', KILL_FAULTS, text('fault'))
      const plans = plansOf(number('kills'), number('connections'), seed, fault).filter(({ victim }) =>
        victims.includes(victim),
      )
      yield await drillKill({
        ...{ name: `kill (seed ${seed})`, seed, plans: plans.slice(number('from')) },
        ...{ connections: number('connections'), intervalMs: number('interval'), answerMs: number('answer') * 1000 },
        say: (line) => console.error(line),
      })
    },
  },
  memory: {
    flags: { connections: 15_000, nodes: '20,24,26', quiet: 8, hidden: 0 },
    async *run({ number, text }) {
      for (const name of text('nodes').split(',')) {
        yield await drillMemory({
          ...{ node: { name, program: programOf(name) }, connections: number('connections') },
          ...{ quietMs: number('quiet') * 1000, hiddenBytes: number('hidden') * MIB },
        })
      }
    },
  },
  endpoints: {
    flags: { connections: 5_000, rate: 5_000, seconds: 60, settle: 15, nodes: '', stuck: 0 },
    async *run({ number, text }) {
      const names = text('nodes').split(',').filter(Boolean)
      for (const name of names.length > 0 ? names : [process.versions.node.split('.')[0] ?? '']) {
        yield await drillEndpoints({
          ...{
            node: { name, program: programOf(name) },
            connections: number('connections'),
            perSecond: number('rate'),
          },
          ...{ seconds: number('seconds'), settleMs: number('settle') * 1000, stuckMs: number('stuck') },
        })
      }
    },
  },
  console: {
    flags: { connections: 10_000, turns: 5, seconds: 10, settle: 15, scrape: 15, stuck: 0 },
    async *run({ number }) {
      yield await drillConsole({
        ...{ connections: number('connections'), turns: number('turns'), seconds: number('seconds') },
        ...{ settleMs: number('settle') * 1000, scrapeEveryMs: number('scrape') * 1000, stuckMs: number('stuck') },
      })
    },
  },
  soak: {
    flags: { targets: SOAK_TARGETS.join(','), nodes: '20,24,26', bytes: 4_096, repaired: false },
    async *run({ number, text, on }) {
      const targets = text('targets')
        .split(',')
        .map((name) => oneOf('targets', SOAK_TARGETS, name))
      for (const name of text('nodes').split(',')) {
        const node = { name, program: programOf(name) }
        yield await drillSoak({ targets, node, bytes: number('bytes'), isAllRepaired: on('repaired') })
      }
    },
  },
  'soak:self': {
    flags: { connections: 200_000, wave: 2_000, quiet: 4.5, leak: 0, out: OUT },
    async *run({ number, text }) {
      yield await soakSelf({
        ...{ waves: Math.floor(number('connections') / number('wave')), perWave: number('wave') },
        ...{ quietMs: number('quiet') * 1000, leakBytes: number('leak'), out: text('out') },
        say: (line) => console.error(line),
      })
    },
  },
}

/** Our own Node when it is that one, else the one the tests have. */
function programOf(major: string): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const found = major === '24' || major === '26' ? findNode(Number(major) as 24 | 26) : undefined
  if (found === undefined) throw new Error(`--nodes ${major}: no such Node here`)
  return found
}

function sizes(policy: Policy, number: Values['number']): Omit<Parameters<typeof drillSlow>[0], 'policy'> {
  const isToBeSpent = policy.startsWith('budget')
  return {
    ...{ members: number('members'), slow: number('slow') },
    // Longer, so that more comes together than the budget is.
    seconds: number('seconds') * (isToBeSpent ? 2 : 1),
    ...{ bytesPerSecond: number('rate') * 1e6, outboxBytesMax: number('outbox') * 1024 },
    outboxTotalBytesMax: number(isToBeSpent ? 'spent' : 'budget') * MIB,
  }
}

function valuesOf(flags: Flags, given: Readonly<Record<string, string | boolean | undefined>>): Values {
  return {
    number(name) {
      const value = Number(given[name] ?? flags[name])
      if (!(value >= 0)) throw new Error(`--${name} ${given[name]}: wanted a number from 0`)
      return value
    },
    text: (name) => String(given[name] ?? flags[name]),
    on: (name) => given[name] === true,
  }
}

async function main([name = '', ...args]: string[]): Promise<number> {
  const drill = DRILLS[name]
  if (drill === undefined) throw new Error(`no drill "${name}"; wanted ${Object.keys(DRILLS).join(', ')}`)
  const kinds = Object.entries({ ...drill.flags, json: false as const })
  const options = Object.fromEntries(
    kinds.map(([flag, value]) => [flag, { type: value === false ? ('boolean' as const) : ('string' as const) }]),
  )
  const given = parseArgs({ args, options }).values as Record<string, string | boolean | undefined>
  const verdicts: Verdict[] = []
  for await (const verdict of drill.run(valuesOf(drill.flags, given))) {
    verdicts.push(verdict)
    if (given.json !== true) console.log(`${asTable(verdict)}\n`)
  }
  if (given.json === true) console.log(JSON.stringify(verdicts, null, 1))
  return verdicts.every(holds) ? 0 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (thrown) {
  console.error(`drill: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  process.exitCode = 2
}
