/**
 * `expectNoLeaks` in Vitest and Jest, of the package as it is installed (test/runners): what is clean passes, what leaks fails and
 * is named, and the controls find that it can fail, and that it does not judge with the fake timers of the runner.
 * Needs: runners
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runnersFolder } from '../../peers/programs.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MODULES = join(runnersFolder, 'node_modules')
const DEADLINE_MS = 120_000

/** As both runners write it. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly failureMessages: readonly string[] }[]
  }[]
}

// As npm installs it, in a folder of its own: a link would be followed, and runners take for their own what lies outside of node_modules.
const installed = join(MODULES, 'holdfast')
before(() => {
  rmSync(installed, { recursive: true, force: true })
  mkdirSync(installed)
  for (const name of ['package.json', 'dist', 'src'])
    cpSync(join(ROOT, name), join(installed, name), { recursive: true })
})
after(() => rmSync(installed, { recursive: true, force: true }))

/** Runs it to its end. It fails, as one of its tests has to. */
async function report(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Report> {
  // Of node:test's own, so that no runner takes itself for its child.
  const options = {
    cwd: runnersFolder,
    timeout: DEADLINE_MS,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
  }
  const { code, out, errors } = await new Promise<{ code: unknown; out: string; errors: string }>((resolve) => {
    execFile(process.execPath, [join(MODULES, program), ...args], options, (error, out, errors) =>
      resolve({ code: error?.code ?? 0, out, errors }),
    )
  })
  assert.equal(code, 1, errors)
  return JSON.parse(out) as Report
}

/** What became of the tests of each file: `times` of the file were run. */
function judged({ testResults }: Report, times: number): void {
  const of = (name: string): Report['testResults'] =>
    testResults.filter((one) => basename(one.name) === `${name}.test.js`)
  const statuses = (name: string) => of(name).map((one) => one.assertionResults.map(({ status }) => status))
  assert.deepEqual(statuses('clean'), Array(times).fill(['passed']), JSON.stringify(of('clean')))
  assert.deepEqual(statuses('controls'), Array(times).fill(['passed', 'passed']), JSON.stringify(of('controls')))
  assert.deepEqual(statuses('leaking'), Array(times).fill(['failed']))
  for (const { assertionResults } of of('leaking')) {
    const [said = ''] = assertionResults[0]?.failureMessages ?? []
    assert.match(said, /2 connections of route \/kept, over, can still be reached/)
    assert.match(said, /1 upgrade request of route \/asked, over, can still be reached/)
    assert.match(said, /1 × "session" can still be reached.*\(HF_NOT_RELEASED\)/)
    assert.doesNotMatch(said, /\/fine|still open|purpose/)
  }
}

test('Vitest, in processes and in threads', async () => {
  judged(await report('vitest/vitest.mjs', ['run', '--root', 'vitest', '--reporter=json']), 2)
})

test('Jest, with the flag that it needs for any ES module', async () => {
  const env = { NODE_OPTIONS: '--experimental-vm-modules' }
  judged(await report('jest/bin/jest.js', ['--config', 'jest/jest.config.json', '--json', '--runInBand'], env), 1)
})
