/**
 * The beginning of a pod: `holdfast run` with the arguments of the manifest, as they are but for the app and the ports. What the probes are told
 * while its app is imported and while it waits for its settings, and that its log is what deploy/logs ships.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until, within } from '../../support/deadline.ts'
import { AppFolder, MAIN, PATIENCE_MS, ROOT } from '../../support/supervised.ts'
import { deployFile, freePort } from './front.ts'
import { probe } from './kubelet.ts'
import { parse } from './manifests.ts'

const ADMIN = JSON.stringify(new URL('../../../dist/ops/index.js', import.meta.url).href)
const [DEPLOYMENT] = parse(deployFile('kubernetes/base/deployment.yaml'))
const [CONTAINER] = DEPLOYMENT.spec.template.spec.containers

/** It goes on when there are files of these names. */
function app(folder: string): string {
  const [imported, settings] = ['imported', 'settings'].map((name) => JSON.stringify(join(folder, name)))
  return `import { readyWhen } from ${ADMIN}
import { existsSync } from 'node:fs'
while (!existsSync(${imported})) await new Promise((resolve) => setTimeout(resolve, 50))
const server = createServer({ drainWindowMs: 100 })
server.route('/', {})
readyWhen(server, 'settings', () => existsSync(${settings}) || 'not loaded yet')
export default server
`
}

interface Pod {
  readonly child: ChildProcess
  readonly adminPort: number
  readonly printed: () => string
}

async function startPod(t: TestContext, folder: AppFolder): Promise<Pod> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const args = CONTAINER.args.map((word: string) => {
    if (word === 'app.js') return folder.write(app(folder.path))
    return word.replace(/^--port=.*/, `--port=${port}`).replace(/^--admin=.*/, `--admin=0.0.0.0:${adminPort}`)
  })
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, HOLDFAST_ADMIN_TOKEN: 'a-token-of-the-pods-secret' }
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk
  })
  t.after(async () => {
    if (child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await within('it to be gone', gone)
  })
  return { child, adminPort, printed: () => printed }
}

test('alive as soon as it can be asked, ready when its app says so, and its log is ECS', async (t) => {
  const folder = new AppFolder(t)
  const { child, adminPort, printed } = await startPod(t, folder)
  const paths: string[] = ['startupProbe', 'livenessProbe', 'readinessProbe'].map(
    (name) => CONTAINER[name].httpGet.path,
  )
  const probes = (): Promise<number[]> => Promise.all(paths.map((path) => probe(adminPort, path)))
  const untilProbes = async (what: string, wanted: readonly number[]): Promise<void> => {
    const latest = Date.now() + PATIENCE_MS
    while (String(await probes()) !== String(wanted)) {
      assert.ok(Date.now() < latest && child.exitCode === null, `${what}: ${await probes()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  await untilProbes('its app is imported still', [200, 200, 503])
  assert.ok(!printed().includes('"event.action":"started"'))
  writeFileSync(join(folder.path, 'imported'), '')
  await until('it serves', () => printed().includes('"event.action":"started"'), PATIENCE_MS)
  // What the startup probe of the manifest asks does not wait for the settings: no restart would bring them.
  await untilProbes('it waits for its settings', [200, 200, 503])
  writeFileSync(join(folder.path, 'settings'), '')
  await untilProbes('it is ready', [200, 200, 200])

  const lines = printed()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.ok(lines.length > 3)
  for (const line of lines) {
    assert.deepEqual([line['service.name'], line['event.dataset']], [DEPLOYMENT.metadata.name, 'holdfast'])
    assert.ok('@timestamp' in line && 'log.level' in line && 'ecs.version' in line)
  }
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  assert.equal(await within('it to end', ended, PATIENCE_MS), 0)
})
