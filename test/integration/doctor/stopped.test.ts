/**
 * `holdfast doctor` that is stopped, or cannot write: the inspector of the process is closed, what was found is told, nothing half done stays,
 * and there is a line and no stack.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { listeningPorts } from '../../../src/diagnose/inspect/process-facts.ts'
import { readSnapshot } from '../../../src/diagnose/snapshot/read-snapshot.ts'
import { holdfast } from '../../support/command-line.ts'
import { until, within } from '../../support/deadline.ts'
import { nodeTarget, QUICK, started } from '../../support/soak-targets.ts'
import { isThere, MAIN, type Owner, ROOT } from '../../support/supervised.ts'

const PATIENCE_MS = 120_000
const folder = mkdtempSync(join(tmpdir(), 'holdfast-stopped-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const target = (t: Owner) =>
  started(t, process.execPath, ['--inspect-port=0', '-e', 'console.log(1); setInterval(() => {}, 20)'])

/** The command, which goes on. */
function begun(t: Owner, program: string, args: readonly string[]) {
  const child = spawn(program, args, { cwd: ROOT })
  t.after(() => void child.kill('SIGKILL'))
  const said = { out: '', errors: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said.out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said.errors += chunk
  })
  const closed = once(child, 'close')
  return { child, said, code: async () => (await within('its end', closed, PATIENCE_MS))[0] as number | null }
}

const open = (pid: number): boolean => listeningPorts(pid).size === 1
const closed = (pid: number): boolean => listeningPorts(pid).size === 0
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
const noStack = (text: string): void => assert.doesNotMatch(text, /^\s+at /m)

describe('the doctor of a process', { concurrency: 2 }, () => {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    test(`that gets ${signal} while it waits closes the inspector; until then it is what the kernel would end first`, async (t) => {
      const { pid } = await target(t)
      const keep = join(folder, signal)
      const { child, said, code } = begun(t, process.execPath, [
        ...[MAIN, 'doctor', String(pid), '--yes', '--every', '30m', '--keep', keep],
      ])
      await until('the second file is awaited', () => existsSync(keep) && readdirSync(keep).length === 1, PATIENCE_MS)
      await until('the inspector is open', () => open(pid), PATIENCE_MS)
      assert.equal(readFileSync(`/proc/${child.pid}/oom_score_adj`, 'utf8').trim(), '1000')
      child.kill(signal)
      assert.equal(await code(), 2)
      assert.equal(lastLine(said.errors), `holdfast doctor: stopped by ${signal}`)
      assert.ok(closed(pid))
      noStack(said.errors)
    })
  }

  test('whose reader is gone closes the inspector', async (t) => {
    const { pid } = await target(t)
    const { child, code } = begun(t, process.execPath, [MAIN, 'doctor', String(pid), '--yes', '--every', '30m'])
    child.stderr.destroy()
    child.stdout.destroy()
    assert.equal(await code(), 2)
    assert.ok(closed(pid))
    assert.ok(isThere(pid))
  })

  test('a soak whose reader is gone closes the inspector', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['repaired'])
    const { child, said, code } = begun(t, process.execPath, [
      ...[MAIN, 'soak', `ws://127.0.0.1:${port}/`, '--pid', String(pid), ...QUICK, '--rounds', '100000'],
    ])
    await until('a round is told', () => said.errors.includes('round 1 of'), PATIENCE_MS)
    assert.equal(listeningPorts(pid).size, 2, 'control')
    child.stderr.destroy()
    assert.equal(await code(), 2)
    assert.equal(listeningPorts(pid).size, 1)
  })

  for (const [key, what] of [
    ['\x03', 'Ctrl-C'],
    ['\x04', 'Ctrl-D'],
    ['n\n', 'no'],
  ] as const) {
    test(`that is answered by ${what} does nothing, and says so in a line`, async (t) => {
      const { pid } = await target(t)
      // With a terminal of its own.
      const command = `${process.execPath} ${MAIN} doctor ${pid}`
      const { child, said, code } = begun(t, 'script', ['-qefc', command, '/dev/null'])
      await until('it asks', () => said.out.includes('Go on?'), PATIENCE_MS)
      assert.ok(open(pid), 'control')
      child.stdin.write(key)
      assert.equal(await code(), 2)
      assert.match(lastLine(said.out), /^holdfast doctor: nothing was done to it/)
      noStack(said.out)
      assert.ok(closed(pid))
    })
  }

  test('that gets SIGTERM while it asks closes the inspector', async (t) => {
    const { pid } = await target(t)
    const command = `echo $$ > ${join(folder, 'asking')}; exec ${process.execPath} ${MAIN} doctor ${pid}`
    const { said, code } = begun(t, 'script', ['-qefc', command, '/dev/null'])
    await until('it asks', () => said.out.includes('Go on?'), PATIENCE_MS)
    process.kill(Number(readFileSync(join(folder, 'asking'), 'utf8')), 'SIGTERM')
    assert.equal(await code(), 2)
    assert.match(lastLine(said.out), /^holdfast doctor: stopped by SIGTERM/)
    assert.ok(closed(pid))
  })

  test('whose disk is full, or whose file is there already, leaves no part of a snapshot, and the process alone', async (t) => {
    const { pid } = await target(t)
    const keep = join(folder, 'full')
    // A file may have 512 bytes. Ignored, the signal becomes an error.
    const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$@"`
    const doctor = [process.execPath, MAIN, 'doctor', String(pid), '--yes', '--keep', keep]
    const { said, code } = begun(t, 'sh', ['-c', limited, ...doctor])
    assert.equal(await code(), 2)
    assert.match(lastLine(said.errors), /^holdfast doctor: --keep: EFBIG/)
    assert.deepEqual(readdirSync(keep), [])
    assert.ok(closed(pid))

    writeFileSync(join(keep, `${pid}-3.heapsnapshot`), 'mine')
    const there = await holdfast(['doctor', String(pid), '--yes', '--keep', keep, '--every', '10ms'], {}, PATIENCE_MS)
    assert.equal(there.code, 2)
    assert.match(there.errors, /^holdfast doctor: --keep: .*-3\.heapsnapshot is there already \(EEXIST\).*\n$/)
    assert.deepEqual(readdirSync(keep), [`${pid}-3.heapsnapshot`], 'before the first was taken')
    // Control: one snapshot does not want the third file.
    assert.equal((await holdfast(['doctor', String(pid), '--yes', '--keep', keep], {}, PATIENCE_MS)).code, 0)
    assert.equal(readdirSync(keep).length, 2)
  })
})

test('the doctor of a server that does not answer ends when it is told to', async (t) => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const came = once(server, 'request')
  const { port } = server.address() as AddressInfo
  const { child, said, code } = begun(t, process.execPath, [MAIN, 'doctor', `http://127.0.0.1:${port}`, '--yes'])
  await within('it asks', came, PATIENCE_MS)
  child.kill('SIGINT')
  assert.equal(await code(), 2)
  assert.equal(said.errors, 'holdfast doctor: stopped by SIGINT\n')
})

describe('the doctor of a file', { concurrency: 2 }, () => {
  const file = join(folder, 'taken.heapsnapshot')
  const take = `require('v8').writeHeapSnapshot(${JSON.stringify(file)})`

  test('prints what it has found also when a profile of it cannot be written', async () => {
    execFileSync(process.execPath, ['-e', take])
    const full = await holdfast(['doctor', file, '--pprof', '/dev/full'], {}, PATIENCE_MS)
    assert.equal(full.code, 2)
    assert.match(full.out, /^NOTHING FOUND/)
    assert.match(full.errors, /^--pprof \/dev\/full: it is not written: ENOSPC.*\n$/)
    const [good, bad] = [join(folder, 'good.pb.gz'), join(folder, 'bad.pb.gz')]
    assert.equal((await holdfast(['doctor', file, '--pprof', good], {}, PATIENCE_MS)).code, 0, 'control')
    assert.ok(existsSync(good))
    // What could not be examined leaves no empty profile, and the one of before as it was.
    for (const path of [good, bad]) {
      const before = existsSync(path) ? readFileSync(path) : null
      assert.equal((await holdfast(['doctor', '2000000000', '--pprof', path], {}, PATIENCE_MS)).code, 2)
      assert.deepEqual(existsSync(path) ? readFileSync(path) : null, before)
    }
  })

  test('that is a pipe is told, and not waited for', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const { code, errors } = await holdfast(['doctor', pipe], {}, PATIENCE_MS)
    assert.equal(code, 2)
    assert.match(errors, /^holdfast doctor: .*pipe: it is no regular file.*\n$/)
  })

  test('that is stopped while it reads says by what', async () => {
    const large = join(folder, 'large.heapsnapshot')
    execFileSync(process.execPath, ['-e', take.replace('taken', 'large')])
    const stop = new AbortController()
    const reason = new Error('stopped by SIGTERM')
    const progress = (): void => stop.abort(reason)
    await assert.rejects(readSnapshot(large, { signal: stop.signal, progress }), (thrown) => thrown === reason)
  })

  test('whose results cannot be written: a line, and exit code 2', async (t) => {
    const { said, code } = begun(t, 'sh', [
      '-c',
      'exec "$0" "$@" > /dev/full',
      process.execPath,
      MAIN,
      'doctor',
      '--help',
    ])
    assert.equal(await code(), 2)
    assert.match(said.errors, /^holdfast: standard output: ENOSPC.*\n$/)
  })
})
