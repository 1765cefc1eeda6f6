/** While no worker gets to accept them, whoever connects waits in the kernel, far more than Node's own 511. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { until } from '../../support/deadline.ts'
import { AppFolder, ECHO, supervise } from '../../support/supervised.ts'

const COUNT = 1_000
const HEAD = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

test('a thousand who connect while a worker stands still are all there when it goes on', async (t) => {
  const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
  const count = Math.min(COUNT, most)
  const run = await supervise(t, new AppFolder(t).write(ECHO))
  const [worker] = run.serving
  process.kill(worker!, 'SIGSTOP')
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  let connected = 0
  let answered = 0
  const problems: string[] = []
  for (let index = 0; index < count; index++) {
    const socket = connect(run.port, '127.0.0.1', () => {
      connected++
      socket.write(HEAD)
    })
    socket.once('data', () => answered++)
    socket.on('error', (error) => problems.push(error.message))
    sockets.push(socket)
  }
  await until(`all ${count} are connected`, () => connected === count)
  process.kill(worker!, 'SIGCONT')
  await until('all are answered', () => answered === count)
  assert.deepEqual(problems, [])
})
