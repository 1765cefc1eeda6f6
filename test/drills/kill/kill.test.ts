/** The drill `kill` in short: one kill of each kind, bad versions that end themselves, and, as the control, apps that do it wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failures } from '../verdict.ts'
import { drillKill } from './kill.ts'
import { momentsOf, PHASES, type Plan, plansOf, randomOf, VICTIMS } from './kill-plan.ts'

const CONNECTIONS = 90
const SEED = 1 + (Date.now() % 1_000_000)

function run(plans: readonly Plan[], answerMs = 30_000): Promise<string[]> {
  const name = `kill (seed ${SEED})`
  const options = { name, seed: SEED, plans, connections: CONNECTIONS, intervalMs: 250, answerMs }
  return drillKill({ ...options, say: () => {} }).then(failures)
}

function at(victim: Plan['victim'], phase: Plan['phase'], more: Partial<Plan> = {}): Plan {
  return { victim, phase, nth: 40, delayMs: 0, how: 'SIGKILL', fault: 'none', ...more }
}

test('moments are those of the seed, of all phases', () => {
  const moments = momentsOf(20, 300, randomOf(7))
  assert.deepEqual(momentsOf(20, 300, randomOf(7)), moments)
  assert.notDeepEqual(momentsOf(20, 300, randomOf(8)), moments)
  assert.deepEqual([...new Set(moments.map(({ phase }) => phase))].sort(), [...PHASES].sort())
  assert.deepEqual([plansOf(20, 300, 7).length, moments.filter(({ delayMs }) => delayMs > 0).length > 0], [60, true])
})

test(`whoever is killed, nobody is served twice or left hanging (seed ${SEED})`, async () => {
  const random = randomOf(SEED)
  const plans = VICTIMS.flatMap((victim) =>
    momentsOf(1, CONNECTIONS, random).map((moment) => at(victim, moment.phase, moment)),
  )
  assert.deepEqual(await run(plans), [])
})

test('a version that ends itself: with the 50th that it is given, and a moment after it has them', async () => {
  const exits = { how: 'exit' } as const
  const plans = [at('new', 'commit', { ...exits, nth: 50 }), at('new', 'commit', { ...exits, nth: 50, delayMs: 30 })]
  assert.deepEqual(await run(plans), [])
})

test('control: what is done wrong is found', async () => {
  const once = { nth: 1 } as const
  const controls: readonly (readonly [Plan, RegExp])[] = [
    [at('new', 'freeze', { ...once, fault: 'repeat' }), /repeat: .* served wrongly: .*got \d+, wanted \d+/],
    [at('new', 'freeze', { ...once, fault: 'lose' }), /lose: .* served wrongly: .*got \d+, wanted \d+/],
    [at('new', 'freeze', { ...once, fault: 'hang' }), /hang: .* 1 clients hang/],
    [at('new', 'freeze', { ...once, fault: 'spare' }), /^kills: 5, 6/m],
    [at('supervisor', 'drain', { ...once, fault: 'stay' }), /stay: .* not all with 1012/],
    [at('new', 'commit', { nth: 70, fault: 'keep' }), /keep: .* clients hang/],
  ]
  const found = await run(
    controls.map(([plan]) => plan),
    5_000,
  )
  for (const [, wanted] of controls) assert.match(found.join('\n').replaceAll('","', '"\n"'), wanted)
})
