/** Who listens on a port: that process, one below it, another one, nobody. Real processes and sockets. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fitProcess } from '../../../../src/diagnose/inspect/fit-process.ts'
import { listenersOn, listeningChild, listensNot } from '../../../../src/diagnose/inspect/listening.ts'
import { started } from '../../../support/soak-targets.ts'

const LISTENS = "require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })"

test('the process itself, another one, nobody', async (t) => {
  const { pid, port } = await started(t, process.execPath, ['-e', LISTENS])
  assert.equal(listensNot(pid, port), null)
  assert.equal(
    listensNot(process.pid, port),
    `process ${process.pid} does not listen on port ${port}: process ${pid} (node) does`,
  )
  assert.deepEqual(
    listenersOn(port).map((one) => one.pid),
    [pid],
  )
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  const free = (server.address() as { port: number }).port
  await new Promise((resolve) => server.close(resolve))
  assert.match(listensNot(pid, free) ?? '', /does not listen on port \d+: nobody that can be seen does$/)
})

test('what may not be seen is not told as if it had been', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-proc-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  assert.equal(listensNot(77, 80, root), 'whether process 77 listens on port 80 cannot be seen')
})

test('a shell whose child listens: the child is meant', async (t) => {
  const script = `"${process.execPath}" -e '${LISTENS.replaceAll("'", '"')}' a.js; exit 0`
  const shell = await started(t, '/bin/sh', ['-c', script])
  const child = listeningChild(shell.pid)
  assert.ok(child !== null)
  try {
    assert.deepEqual(
      listenersOn(shell.port).map(({ pid }) => pid),
      [child.pid],
    )
    assert.notEqual(child.pid, shell.pid)
    const meant = new RegExp(`runs .*nothing was sent to it.*; did you mean ${child.pid} \\(node -e `)
    assert.throws(() => fitProcess(shell.pid), meant)
    assert.equal(listeningChild(child.pid), null, 'it listens itself')
  } finally {
    process.kill(child.pid, 'SIGKILL')
  }
  const control = await started(t, '/bin/sh', ['-c', 'echo 1; exec sleep 60'])
  assert.equal(listeningChild(control.pid), null, 'control: none below it listens')
  assert.throws(() => fitProcess(control.pid), /the signal would end another program(?!.*did you mean)/)
})
