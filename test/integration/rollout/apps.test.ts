/**
 * What `holdfast run` is given: a TypeScript app, and one that shares its port with Express. Of what was built, as users run it.
 * Needs: peers
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { findNode, peersFolder } from '../../peers/programs.js'
import { until } from '../../support/deadline.ts'
import { openRaw } from '../../support/raw-client.ts'
import { type Owner, ROOT, Supervised, supervise } from '../../support/supervised.ts'

const MAIN = join(ROOT, 'dist/cli/main.js')
const HOLDFAST = JSON.stringify(pathToFileURL(join(ROOT, 'dist/index.js')).href)
const EXPRESS = JSON.stringify(pathToFileURL(join(peersFolder, 'node_modules/express/index.js')).href)

/** A file in a folder where nothing is installed. */
function writer(t: Owner, name: string): (text: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-apps-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  return (text) => {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
    return path
  }
}

/** `say` is typed, and `how` what only a compiler, or only a newer Node, can leave out. */
const typed = (how: string): string => `import { createServer } from ${HOLDFAST}
${how}
const say = (text: string | Uint8Array): string => \`typed \${text}\`
const server = createServer({ drainWindowMs: 100 })
server.route('/', { message: (connection, message) => void connection.send(say(message)) })
export default server
`

async function answersTyped(t: Parameters<typeof openRaw>[0], run: Supervised): Promise<void> {
  const client = await openRaw(t, run.port)
  client.text('one')
  assert.deepEqual(await client.nextTexts(1), ['typed one'])
}

test('a .ts app, with tsx where the command runs, goes beyond types; reloads move its connections', async (t) => {
  const write = writer(t, 'app.ts')
  const run = await supervise(t, write(typed('export enum Colour { Red }')))
  await answersTyped(t, run)
  const client = await openRaw(t, run.port)
  const outcome = await run.reload()
  assert.equal(outcome.event, 'reloaded')
  client.text('two')
  assert.deepEqual(await client.nextTexts(1), ['typed two'])
})

/** Where no tsx is found. */
const elsewhere = ['env', '-C', tmpdir()]

test('a .ts app without tsx, where Node strips types', async (t) => {
  const node = findNode(26)
  assert.ok(node, 'test/peers has Node 26')
  const app = writer(t, 'app.ts')(typed('type Text = string'))
  await answersTyped(t, await supervise(t, app, { through: elsewhere, node }))
})

test('a .ts app without tsx, where Node does not: exit 2, and what to do', async (t) => {
  // Newer than Node 20 it has to be told not to.
  const env = 'typescript' in process.features ? { NODE_OPTIONS: '--no-experimental-strip-types' } : {}
  const run = new Supervised(t, writer(t, 'app.ts')(typed('')), { through: elsewhere, env })
  assert.equal(await run.exitCode(), 2)
  assert.match(
    run.errors,
    /^holdfast run: .*app\.ts.*Node \S+ does not run TypeScript.*npm install tsx.*\(HF_APP_INVALID\)\n$/,
  )
})

/** As people see it: without a log, and without JSON. It ends with the test. */
function brief(t: Owner, app: string): { readonly child: ChildProcess; readonly notes: () => string } {
  const args = [MAIN, 'run', app, '--port', '0', '--admin', 'off', '--log', 'brief']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => void child.kill('SIGKILL'))
  let notes = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    notes += text
  })
  return { child, notes: () => notes }
}

test('an app that does not start: exit 1, and why is told once', async (t) => {
  const { child, notes } = brief(t, writer(t, 'app.mjs')('export const server = 1'))
  assert.deepEqual(await once(child, 'close'), [1, null])
  assert.match(notes(), /^holdfast run: a worker of .* did not start: .*no default export.*\(HF_WORKER_FAILED\)\n$/)
})

test('one that is told to end while it starts says that it has ended', async (t) => {
  const waits = `console.error('begun')\nawait new Promise((resolve) => setTimeout(resolve, 60_000))`
  const { child, notes } = brief(t, writer(t, 'app.mjs')(waits))
  await until('its app has begun', () => notes().includes('begun'), 30_000)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.match(notes(), /\nholdfast: ended\n$/)
})

const beside = (version: number): string => `import { createServer as createHttpServer } from 'node:http'
import express from ${EXPRESS}
import { createServer } from ${HOLDFAST}
const pages = express()
const server = createServer({ drainWindowMs: 100 })
pages.get('/', (_request, response) => response.json({ version: ${version}, members: server.room('news').size }))
server.route('/news', {
  open: (connection) => void connection.join('news'),
  message: (connection, message) => void connection.room('news').publish(\`\${message} by ${version}\`),
})
server.attach(createHttpServer(pages))
export default server
`

test('an app beside Express: pages and connections on one port, before and after a reload', async (t) => {
  const write = writer(t, 'app.mjs')
  const run = await supervise(t, write(beside(1)))
  const page = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${run.port}/`)).json()
  const clients = [await openRaw(t, run.port, '/news'), await openRaw(t, run.port, '/news')] as const
  assert.deepEqual(await page(), { version: 1, members: 2 })

  write(beside(2))
  const outcome = await run.reload()
  assert.deepEqual([outcome.event, outcome.moved], ['reloaded', 2])
  assert.deepEqual(await page(), { version: 2, members: 2 })
  clients[0].text('news')
  for (const client of clients) assert.deepEqual(await client.nextTexts(1), ['news by 2'])
})
