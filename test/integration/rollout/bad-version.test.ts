/** A new version that is no good, in all ways it can be: whoever is there notices nothing, and it is said why. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { AppFolder, appWith, ECHO, isThere, type Supervised, supervise } from '../../support/supervised.ts'

const CLIENTS = 70
const OPS = JSON.stringify(new URL('../../../dist/ops/index.js', import.meta.url).href)

interface Scene {
  readonly run: Supervised
  readonly folder: AppFolder
  readonly clients: readonly RawClient[]
  readonly worker: number
}

async function scene(t: TestContext, app = ECHO, flags: readonly string[] = []): Promise<Scene> {
  const folder = new AppFolder(t)
  const run = await supervise(t, folder.write(app), { flags })
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => openRaw(t, run.port)))
  return { run, folder, clients, worker: run.serving[0]! }
}

/** All of them are answered, once, and by the worker they had before. */
async function nothingHappened({ run, clients, worker }: Scene, round: number): Promise<void> {
  for (const client of clients) client.text(`round ${round}`)
  for (const client of clients) assert.equal((await client.nextTexts(round))[round - 1], `round ${round}`)
  assert.ok(clients.every((client) => client.texts.length === round && !client.closed))
  assert.deepEqual(run.serving, [worker])
  assert.ok(isThere(worker))
}

function withCondition(answer: string): string {
  return `import { readyWhen } from ${OPS}\n${ECHO}\nconst began = performance.now()\nreadyWhen(server, 'database', () => ${answer})\n`
}

const BAD: readonly (readonly [name: string, text: string, reason: RegExp])[] = [
  ['a syntax error', 'export default {{{\n', /importing it failed: (Parse error|Unexpected|Transform failed)/],
  ['throws at import', `throw new Error('no database')\n`, /importing it failed: no database/],
  ['is no server', 'export default 42\n', /its default export is a value of type number/],
  [
    'listens itself',
    `${ECHO}await server.listen({ port: 0 })\n`,
    /its server listens already; wanted a server that is not listening; remove the call of listen\(\)/,
  ],
  [
    'never ready',
    'await new Promise((resolve) => setTimeout(resolve, 1_000_000))\n',
    /it was not ready within 8000 ms/,
  ],
  [
    'a condition of it does not hold',
    `${withCondition(`'not there'`)}`,
    /it was not ready within 8000 ms; database: not there/,
  ],
  ['exits', 'process.exit(7)\n', /it ended with code 7/],
]

test('a version that does not start changes nothing; one that does, later, takes over', async (t) => {
  const stage = await scene(t, ECHO, ['--start-timeout', '8s'])
  const { run, folder } = stage
  await nothingHappened(stage, 1)
  for (const [index, [name, text, reason]] of BAD.entries()) {
    folder.write(text)
    const outcome = await run.reload()
    assert.equal(outcome.event, 'reloadFailed', name)
    assert.match(String(outcome.reason), reason, name)
    await nothingHappened(stage, index + 2)
  }
  // It is waited for until its condition holds.
  folder.write(withCondition('performance.now() - began > 2_000'))
  const begun = performance.now()
  const outcome = await run.reload()
  assert.deepEqual([outcome.event, outcome.moved], ['reloaded', CLIENTS])
  assert.ok(performance.now() - begun > 2_000)
})

const HANDOFF = `{
  upgrade: () => ({ since: 1 }),
  message: (connection, message) => void connection.send(message),
  handoff: { save: (connection) => connection.data, restore: (data) => RESTORE },
}`

test('a version that crashes after 50 adoptions: all come back to the old one, nothing lost', async (t) => {
  const stage = await scene(t, appWith(HANDOFF.replace('RESTORE', 'data')))
  const { run, folder, clients } = stage
  await nothingHappened(stage, 1)
  const crashing = HANDOFF.replace('RESTORE', '{ if (++count === 50) process.exit(9); return data }').replace(
    '=> {',
    '=> {',
  )
  folder.write(`let count = 0\n${appWith(crashing)}`)
  // Sent while they move: they wait in the kernel or in what travels, and are answered by whoever has the connection then.
  const outcome = run.reload()
  await run.event('progress')
  for (const client of clients) client.text('round 2')
  assert.deepEqual(
    [(await outcome).event, (await outcome).reason],
    ['reloadFailed', 'the new worker died: it ended with code 9'],
  )
  for (const client of clients) assert.deepEqual(await client.nextTexts(2), ['round 1', 'round 2'])
  await nothingHappened(stage, 3)
  // It takes new connections, too.
  const late = await openRaw(t, run.port)
  late.text('hello')
  assert.deepEqual(await late.nextTexts(1), ['hello'])
})
