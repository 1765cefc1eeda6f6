/** A process that may open few files lets in what fits, tells the rest to come back, and has files left for itself. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Server } from '../../src/index.ts'
import { within } from '../support/deadline.ts'
import { programOf } from '../support/program.ts'
import { connectRaw, type RawClient, upgradeText } from '../support/raw-client.ts'

const CHILD = programOf(fileURLToPath(new URL('./admission/few-files.ts', import.meta.url)))
const FILES = 200

async function start(t: TestContext): Promise<{ child: ChildProcess; port: number }> {
  const command = `ulimit -n ${FILES} && exec "$0" "$1"`
  const child = spawn('sh', ['-c', command, process.execPath, CHILD], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [{ port }] = await within('the server', once(child, 'message'))
  return { child, port }
}

async function ledgerOf(child: ChildProcess): Promise<ReturnType<Server['ledger']>> {
  const answer = once(child, 'message')
  child.send('ledger')
  const [{ ledger }] = await within('the ledger', answer)
  return ledger
}

test('the limit on open files is respected, round after round', { skip: process.platform !== 'linux' }, async (t) => {
  const { child, port } = await start(t)
  for (let round = 0; round < 2; round++) {
    const clients: RawClient[] = []
    const answers: { status: number; retry: string | undefined }[] = []
    while (clients.length < 300) {
      const some = await Promise.all(Array.from({ length: 10 }, () => connectRaw(t, port)))
      for (const client of some) client.write(upgradeText('/'))
      for (const client of some) {
        const { status, headers } = await client.answer()
        answers.push({ status, retry: headers['retry-after'] })
        if (status !== 101) client.socket.destroy()
      }
      clients.push(...some)
    }
    const letIn = answers.filter(({ status }) => status === 101).length
    const refused = answers.filter(({ status, retry }) => status === 503 && /^[1-5]$/.test(retry ?? '')).length
    assert.equal(letIn + refused, 300)
    assert.ok(letIn > 80 && letIn <= FILES - 32, `${letIn} were let in`)
    const ledger = await ledgerOf(child)
    assert.equal(ledger.open, letIn)
    assert.ok(ledger.limits.connectionsMax.refused >= refused)
    assert.deepEqual(ledger.imbalances, [])
    for (const client of clients) client.socket.destroy()
    for (let look = 0; look < 500 && (await ledgerOf(child)).sockets > 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
})
