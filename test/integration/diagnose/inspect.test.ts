/**
 * The inspector of another process is opened by a signal and closed again, on every Node that is supported, in programs of either kind;
 * what is not fit for it goes on unharmed.
 *
 * Needs: peers
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { openInspector } from '../../../src/diagnose/inspect/open-inspector.ts'
import { listeningPorts } from '../../../src/diagnose/inspect/process-facts.ts'
import { findNode } from '../../peers/programs.js'
import { started } from '../../support/soak-targets.ts'
import { isThere } from '../../support/supervised.ts'

/** Says something, so that one knows that it has started, and counts how often it gets its turn. */
const LIVES = 'console.log(1); let turns = 0; setInterval(() => { globalThis.turns = ++turns }, 20);'
const MODULES = ['--input-type=module', '--input-type=commonjs']
const node = (major: 20 | 24 | 26): string => (major === 20 ? process.execPath : (findNode(major) as string))

describe('the inspector of another process', { concurrency: 2 }, () => {
  for (const major of [20, 24, 26] as const) {
    for (const kind of MODULES) {
      test(`opens, answers and closes, twice: Node ${major}, ${kind}`, async (t) => {
        const { pid } = await started(t, node(major), ['--inspect-port=0', kind, '-e', LIVES])
        for (let time = 0; time < 2; time++) {
          const inspector = await openInspector(pid, systemClock)
          assert.equal(inspector.wasOpen, false)
          assert.deepEqual([...listeningPorts(pid).values()], [inspector.port])
          assert.equal(await inspector.client.evaluate('process.pid'), pid)
          await assert.rejects(inspector.client.evaluate('nosuch'), /it threw ReferenceError: nosuch is not defined/)
          await assert.rejects(inspector.client.ask('No.such'), /'No.such' wasn't found/)
          assert.ok(await inspector.end())
          assert.deepEqual([...listeningPorts(pid).values()], [])
          await assert.rejects(inspector.client.ask('Runtime.getHeapUsage'), /the connection/)
        }
      })
    }
  }

  test('one that was open stays open', async (t) => {
    const { pid } = await started(t, process.execPath, ['--inspect=127.0.0.1:9687', '-e', LIVES])
    const inspector = await openInspector(pid, systemClock)
    assert.equal(inspector.wasOpen, true)
    assert.ok(await inspector.end())
    assert.deepEqual([...listeningPorts(pid).values()], [9687])
  })

  test('one that is open is taken also where no signal would open it', async (t) => {
    const { pid } = await started(t, node(24), ['--disable-sigusr1', '--inspect=127.0.0.1:0', '-e', LIVES])
    const inspector = await openInspector(pid, systemClock)
    assert.equal(inspector.wasOpen, true)
    assert.ok(await inspector.end())
  })

  test('a port that another process has is told, and nothing is sent', async (t) => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.on('listening', resolve))
    t.after(() => other.close())
    const { port } = other.address() as { port: number }
    const target = await started(t, process.execPath, [`--inspect-port=${port}`, '-e', LIVES])
    await assert.rejects(openInspector(target.pid, systemClock), {
      code: 'HF_PROCESS_UNFIT',
      message: new RegExp(`port ${port}, which process ${process.pid} \\(node\\) has`),
    })
    assert.equal(target.errors(), '')
  })

  test('what is not Node is left alone', async (t) => {
    const { pid } = await started(t, '/bin/sh', ['-c', 'echo 1; exec sleep 60'])
    await assert.rejects(openInspector(pid, systemClock), /wanted Node's own executable/)
    assert.ok(isThere(pid))
  })

  test('a Node that does not catch the signal is left alone', async (t) => {
    const { pid } = await started(t, node(24), ['--disable-sigusr1', '-e', LIVES])
    await assert.rejects(openInspector(pid, systemClock), /does not catch SIGUSR1/)
    assert.ok(isThere(pid))
  })

  test('a program with a handler of its own is told of, after the deadline', async (t) => {
    const own = "process.on('SIGUSR1', () => console.error('mine'));"
    const target = await started(t, process.execPath, ['--inspect-port=0', '-e', `${own}${LIVES}`])
    await assert.rejects(
      openInspector(target.pid, systemClock, { openMs: 500, lateMs: 100 }),
      /has not opened within 500 ms.*handler of its own/,
    )
    assert.ok(isThere(target.pid))
  })

  test('a process that ends meanwhile fails what waits', async (t) => {
    const { pid } = await started(t, process.execPath, ['--inspect-port=0', '-e', LIVES])
    const inspector = await openInspector(pid, systemClock)
    const asked = inspector.client.evaluate('while (true);', 30_000)
    process.kill(pid, 'SIGKILL')
    await assert.rejects(asked, /HF_INSPECTOR_FAILED/)
    await inspector.end()
  })
})
