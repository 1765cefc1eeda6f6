/**
 * Reclaim in a process of its own: 1,500 connections come and go, and some seconds later their memory goes back to the
 * machine. Two servers at once: one as it is, and one with `reclaim: false`, which never does it (the control).
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { within } from '../support/deadline.ts'

const CONNECTIONS = 1_500
const AT_ONCE = 100
const REQUEST = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n')

const PROGRAM = `
  import { createServer } from 'holdfast'
  const server = createServer({ reclaim: process.argv[1] === 'on' })
  server.route('/', { open: (connection) => void connection.join('room') })
  const reports = []
  server.on('reclaim', (report) => {
    reports.push(report)
    process.send({ reports })
  })
  process.on('message', async (question) => {
    if (question === 'close') {
      await server.close()
      process.disconnect()
      return
    }
    const { accepted, closed, reclaims } = server.ledger()
    process.send({ reports, accepted, closed, reclaims, heapTotal: process.memoryUsage().heapTotal })
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  process.send({ port: server.port })
`

interface Report {
  readonly done: boolean
  readonly pauseMs: number
  readonly rssBeforeBytes: number
  readonly rssAfterBytes: number
  readonly heapTotalBeforeBytes: number
  readonly heapTotalAfterBytes: number
}

interface Answer {
  readonly port: number
  readonly reports: readonly Report[]
  readonly accepted: number
  readonly closed: number
  readonly reclaims: { readonly done: number; readonly skipped: number; readonly pausedMs: number }
}

function startServer(t: TestContext, word: 'on' | 'off'): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, word], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** The first thing it says that is what was wanted. */
async function said(child: ChildProcess, what: string, wanted: (answer: Answer) => boolean): Promise<Answer> {
  const listening = new AbortController()
  const listen = async (): Promise<Answer> => {
    for await (const [answer] of on(child, 'message', { signal: listening.signal })) {
      if (wanted(answer as Answer)) return answer as Answer
    }
    throw new Error('it says no more')
  }
  try {
    return await within(what, listen(), 14_000)
  } finally {
    listening.abort()
  }
}

async function asked(child: ChildProcess): Promise<Answer> {
  const answer = said(child, 'the counts', ({ accepted }) => accepted !== undefined)
  child.send('counts')
  return await answer
}

async function upgradedSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  // Reset or refused: the count of those accepted tells.
  socket.on('error', () => socket.destroy())
  socket.write(REQUEST)
  await once(socket, 'data')
  return socket
}

async function comeAndGo(port: number): Promise<void> {
  const sockets: Socket[] = []
  while (sockets.length < CONNECTIONS) {
    sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => upgradedSocket(port)))))
  }
  for (const socket of sockets) socket.destroy()
}

test('after a wave the heap is smaller; with reclaim: false nothing is reclaimed', { timeout: 120_000 }, async (t) => {
  const [reclaiming, control] = [startServer(t, 'on'), startServer(t, 'off')]
  const servers = await Promise.all(
    [reclaiming, control].map((child) => said(child, 'the port', ({ port }) => port > 0)),
  )
  const report = said(reclaiming, 'a reclaim', ({ reports }) => reports?.length > 0)
  await within('the wave', Promise.all(servers.map(({ port }) => comeAndGo(port))), 60_000)
  const [first] = (await report).reports
  assert.ok(first?.done)
  assert.ok(first.pauseMs > 0)
  assert.ok(first.heapTotalAfterBytes < first.heapTotalBeforeBytes, 'the heap is smaller')

  const [with_, without] = [await asked(reclaiming), await asked(control)]
  for (const { accepted, closed } of [with_, without]) assert.deepEqual([accepted, closed], [CONNECTIONS, CONNECTIONS])
  assert.deepEqual([with_.reclaims.done, with_.reclaims.skipped], [1, 0])
  assert.ok(with_.reclaims.pausedMs > 0)
  assert.deepEqual([without.reclaims.done, without.reports.length], [0, 0])

  // Nothing of it holds up the stop.
  const gone = Promise.all([reclaiming, control].map((child) => once(child, 'exit')))
  for (const child of [reclaiming, control]) child.send('close')
  assert.deepEqual(await within('both to end', gone), [
    [0, null],
    [0, null],
  ])
})
