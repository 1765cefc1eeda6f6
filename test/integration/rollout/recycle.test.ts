/** Workers that are replaced by themselves, and a version that is gone back to. */
import assert from 'node:assert/strict'
import { renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { NumberedPeers } from '../../support/numbered-peers.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, appWith, ECHO, PATIENCE_MS, supervise } from '../../support/supervised.ts'

test('a worker that leaks is replaced before its heap is full, and its clients do not notice', async (t) => {
  const leak = `${ECHO}const kept = []\nsetInterval(() => { if (kept.length < 54) kept.push(new Array(2 ** 17).fill(kept.length + 0.5)) }, 50)\n`
  const flags = ['--max-old-space-size', '96', '--recycle-old-space', '55', '--recycle-pause', '1h']
  const run = await supervise(t, new AppFolder(t).write(leak), { flags })
  const peers = await NumberedPeers.open(t, run.port, 20)
  peers.begin(100)
  const recycle = await run.event('recycle')
  assert.match(String(recycle.reason), /^its heap is \d+ per cent full$/)
  const report = await run.event('reloaded')
  assert.deepEqual([report.moved, report.generation], [20, 1])
  await peers.settle()
  assert.deepEqual([...peers.problems, ...peers.closed], [])
  assert.equal(run.all('crash').length, 0)
})

test('workers that are old are replaced one after the other', async (t) => {
  const flags = ['--workers', '2', '--recycle-max-age', '4s', '--recycle-pause', '1s']
  const run = await supervise(t, new AppFolder(t).write(ECHO), { flags })
  const before = run.serving
  await run.event('reloaded', 1)
  const slots = run.all('recycle').map(({ slot }) => slot)
  assert.deepEqual(new Set(slots.slice(0, 2)), new Set([0, 1]))
  await until('those before have gone', () => before.every((pid) => !run.living.includes(pid)), PATIENCE_MS)
})

test('a version that crashes again and again after its reload: back to the one before, where the link led to', async (t) => {
  const folder = new AppFolder(t)
  const good = folder.write(appWith(`{ open: (connection) => void connection.send('good') }`), 'good.mjs')
  // Not before the reload is over, however long it takes.
  const over = join(folder.path, 'over')
  const crash = `if (existsSync(${JSON.stringify(over)})) process.exit(3)`
  const bad = folder.write(
    `import { existsSync } from 'node:fs'\n${ECHO}setInterval(() => { ${crash} }, 500)\n`,
    'bad.mjs',
  )
  const link = join(folder.path, 'current.mjs')
  symlinkSync(good, link)
  const run = await supervise(t, link)
  symlinkSync(bad, `${link}.new`)
  renameSync(`${link}.new`, link)
  assert.equal((await run.reload()).event, 'reloaded')
  writeFileSync(over, '')
  const loop = await run.event('crashLoop')
  assert.deepEqual([loop.generation, loop.fallback], [2, 1])
  const isBack = (): boolean =>
    run.said.slice(run.said.indexOf(loop)).some(({ generation, state }) => generation === 1 && state === 'serving')
  await until('the version before serves', isBack, PATIENCE_MS)
  const client = await openRaw(t, run.port)
  assert.deepEqual(await client.nextTexts(1), ['good'])
})
