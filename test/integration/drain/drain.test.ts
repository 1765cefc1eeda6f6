/** server.drain(): turns spread over the window, work that may finish, a farewell, a deadline, and a report that adds up. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { DrainReport, Server } from '../../../src/index.ts'
import { deferred, until, within } from '../../support/deadline.ts'
import { reportProblems } from '../../support/drained.ts'
import { connectRaw, openRaw, type RawClient, upgradeText } from '../../support/raw-client.ts'
import { errorsOf, makeServer, serve, settled } from '../../support/serving.ts'

const PATIENT = { drainTimeoutMs: 8_000, closeTimeoutMs: 4_000 }

async function openMany(t: TestContext, server: Server, count: number, path = '/'): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => openRaw(t, server.port, path)))
  await until('all are open', () => server.ledger().open >= count)
  return clients
}

/** Answers the close frame, as a client should, and says when it came. */
async function closedBy(client: RawClient): Promise<{ code: number; reason: string; at: number }> {
  const seen = await client.closeCode()
  const at = performance.now()
  if (seen.code !== 1006) client.closeFrame(seen.code)
  return { ...seen, at }
}

/** Drains, and holds the report against the ledger. */
async function drained(server: Server, options?: Parameters<Server['drain']>[0]): Promise<DrainReport> {
  const before = server.ledger()
  const report = await within('the drain', server.drain(options), 20_000)
  assert.deepEqual(reportProblems(report, before, server.ledger()), [])
  return report
}

test('turns are spread over the window; each client is told when to come back', async (t) => {
  const server = await serve(t, { ...PATIENT, route: {} })
  const clients = await openMany(t, server, 40)
  const began = performance.now()
  const closes = Promise.all(clients.map(closedBy))
  const report = await drained(server, { windowMs: 800, retryAfterMs: [100, 200] })
  const seen = await closes
  for (const { code, reason } of seen) {
    assert.equal(code, 1012)
    const { retryAfterMs, ...rest } = JSON.parse(reason)
    assert.ok(Number.isInteger(retryAfterMs) && retryAfterMs >= 100 && retryAfterMs <= 200, reason)
    assert.deepEqual(rest, {})
  }
  assert.ok(new Set(seen.map(({ reason }) => reason)).size > 5, 'not all are told the same')
  const times = seen.map(({ at }) => at - began).sort((a, b) => a - b)
  // Not a bar on speed: nobody may be early, however slow the machine is.
  for (const [index, at] of times.entries()) assert.ok(at >= (index / 40) * 800 - 30, `number ${index} at ${at}`)
  assert.deepEqual(
    { ...report, durationMs: 0, slowest: [] },
    {
      ...{ total: 40, finished: 40, forced: 0, moved: 0, gone: 0, durationMs: 0, slowest: [], forcedBy: [] },
      byRoute: { '/': { total: 40, finished: 40, forced: 0, moved: 0, gone: 0 } },
    },
  )
  assert.equal(report.slowest.length, 10)
  assert.deepEqual(server.ledger().endingsByReason, { drained: 40 })
  await settled(server)
})

test('the check of a report sees what does not add up', async (t) => {
  const server = await serve(t, { ...PATIENT, route: {} })
  const clients = await openMany(t, server, 3)
  for (const client of clients) void closedBy(client)
  const before = server.ledger()
  const report = await within('the drain', server.drain({ windowMs: 0 }))
  const after = server.ledger()
  assert.deepEqual(reportProblems(report, before, after), [])
  assert.ok(reportProblems({ ...report, finished: 2 }, before, after).length > 0)
  assert.ok(reportProblems({ ...report, total: 4, finished: 4 }, before, after).length > 0)
  assert.ok(reportProblems({ ...report, byRoute: {} }, before, after).length > 0)
  assert.ok(reportProblems(report, before, { ...after, closed: after.closed + 1 }).length > 0)
})

test('not ready at once, 503 with Retry-After to whoever comes, and those who wait are served until their turn', async (t) => {
  const server = makeServer(t, {
    ...PATIENT,
    route: { message: (connection, message) => void connection.send(`echo ${String(message)}`) },
  })
  assert.equal(server.ready, false, 'it does not listen yet')
  await server.listen({ port: 0, host: '127.0.0.1' })
  assert.equal(server.ready, true)
  const [first, last] = (await openMany(t, server, 2)) as [RawClient, RawClient]
  const late = await connectRaw(t, server.port)
  const report = drained(server, { windowMs: 2_000 })
  assert.equal(server.ready, false)
  assert.equal(server.ledger().open, 2, 'nobody is ended yet')
  late.write(upgradeText('/'))
  const answer = await late.answer()
  assert.deepEqual([answer.status, answer.body], [503, 'the server is draining\n'])
  assert.match(answer.headers['retry-after'] ?? '', /^[1-5]$/)
  first.text('one')
  last.text('two')
  assert.deepEqual(await first.nextTexts(1), ['echo one'])
  assert.deepEqual(await last.nextTexts(1), ['echo two'])
  await closedBy(first)
  last.text('three')
  assert.deepEqual(await last.nextTexts(2), ['echo two', 'echo three'])
  assert.equal((await closedBy(last)).code, 1012)
  assert.equal((await report).finished, 2)
  assert.equal(server.ledger().refusedByReason.draining, 1)
  const again = await connectRaw(t, server.port)
  again.write(upgradeText('/'))
  assert.equal((await again.answer()).status, 503, 'it still listens, and says no')
})

test('a handler, the messages behind it and a task may finish; what they send is written before the close frame', async (t) => {
  const gates = [deferred(), deferred(), deferred()] as const
  const server = await serve(t, {
    ...PATIENT,
    route: {
      async message(connection, message) {
        if (message === 'first') {
          void connection.task('save', async () => {
            await gates[2].promise
            connection.send('saved')
          })
          await gates[0].promise
        } else await gates[1].promise
        connection.send(`done ${String(message)}`)
      },
    },
  })
  const [client] = (await openMany(t, server, 1)) as [RawClient]
  client.text('first')
  client.text('second')
  await until('both have come', () => server.ledger().messagesReceived === 2)
  const report = drained(server, { windowMs: 0 })
  assert.equal(server.ledger().draining, 1)
  for (const [index, gate] of gates.entries()) {
    assert.equal(client.frames.length, index)
    gate.resolve()
    await client.nextTexts(index + 1)
  }
  assert.equal((await closedBy(client)).code, 1012)
  assert.deepEqual(client.texts, ['done first', 'done second', 'saved'])
  assert.equal((await report).finished, 1)
})

test('what waits for a slow reader is written before the close frame, however long it takes within the deadline', async (t) => {
  const server = await serve(t, { ...PATIENT, closeTimeoutMs: 300, outboxBytesMax: 64 * 1024 * 1024, route: {} })
  const [client] = (await openMany(t, server, 1)) as [RawClient]
  const [connection] = [...server.connections]
  client.socket.pause()
  const chunk = Buffer.alloc(1024 * 1024, 7)
  for (let count = 0; count < 16; count++) connection?.send(chunk)
  await until('something waits with us', () => (connection?.bufferedBytes ?? 0) > 1024 * 1024)
  const report = drained(server, { windowMs: 0 })
  await new Promise((resolve) => setTimeout(resolve, 900))
  assert.equal(server.ledger().draining, 1, 'three times closeTimeoutMs later it still has its time')
  client.socket.resume()
  assert.equal((await closedBy(client)).code, 1012)
  assert.equal(client.frames.filter(({ opcode }) => opcode === 2).length, 16)
  const { finished, slowest } = await report
  assert.equal(finished, 1)
  assert.equal(slowest[0]?.why, 'outbox')
})

test('stuck handlers are cut short at the deadline, and named; so are tasks and readers that read nothing', async (t) => {
  const count = 60
  const server = await serve(t, { closeTimeoutMs: 300, drainTimeoutMs: 600, outboxBytesMax: 64 * 1024 * 1024 })
  server.route('/stuck', { message: () => new Promise(() => {}) })
  server.route('/task', { open: (connection) => void connection.task('pump', () => new Promise(() => {})) })
  server.route('/deaf', { message: (connection) => void connection.send(Buffer.alloc(16 * 1024 * 1024)) })
  server.route('/idle', {})
  const stuck = await openMany(t, server, count, '/stuck')
  const tasks = await openMany(t, server, 3, '/task')
  const [deaf] = (await openMany(t, server, 1, '/deaf')) as [RawClient]
  const idle = await openMany(t, server, 5, '/idle')
  deaf.socket.pause()
  for (const client of [...stuck, deaf]) client.text('x')
  await until('all are at it', () => server.ledger().messagesReceived === count + 1)
  const closes = Promise.all([...stuck, ...tasks].map(closedBy))
  const spared = Promise.all(idle.map(closedBy))
  const began = performance.now()
  const report = await drained(server, { windowMs: 200, retryAfterMs: [0, 0] })
  assert.ok(report.durationMs >= 600 && performance.now() - began >= 590, `${report.durationMs}`)
  const { total, finished, forced, gone } = report
  assert.deepEqual([total, finished, forced, gone], [count + 9, 5, count + 4, 0])
  assert.deepEqual(
    report.forcedBy.map(({ route, kind, name, connections }) => [route, kind, name, connections]),
    [
      ['/stuck', 'handler', 'message', count],
      ['/task', 'task', 'pump', 3],
      ['/deaf', 'outbox', 'its peer reads slowly', 1],
    ],
  )
  for (const { oldestMs } of report.forcedBy) assert.ok(oldestMs >= 300, String(oldestMs))
  assert.ok(report.slowest.every(({ ms, why }) => ms >= 300 && /^(handler message|tasks|outbox)$/.test(why)))
  assert.deepEqual(report.byRoute['/stuck'], { total: count, finished: 0, forced: count, moved: 0, gone: 0 })
  const retries = (await closes).map(({ code, reason }) => {
    assert.equal(code, 1012)
    return JSON.parse(reason).retryAfterMs as number
  })
  assert.ok(Math.max(...retries) > 50, 'those who are ended together are not told to come back together')
  for (const { code } of await spared) assert.equal(code, 1012)
  await settled(server)
})

test('a farewell: called when its turn comes, behind the messages; what it sends comes before 1012', async (t) => {
  const seen: string[] = []
  const server = await serve(t, {
    ...PATIENT,
    route: {
      async message(_, message) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        seen.push(String(message))
      },
      async drain(connection) {
        seen.push(`drain ${connection.state}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
        connection.send('farewell')
      },
      close: () => void seen.push('close'),
    },
  })
  const [client] = (await openMany(t, server, 1)) as [RawClient]
  client.text('a')
  client.text('b')
  await until('both have come', () => server.ledger().messagesReceived === 2)
  const report = drained(server, { windowMs: 0 })
  assert.equal((await closedBy(client)).code, 1012)
  assert.deepEqual(client.texts, ['farewell'])
  assert.equal((await report).finished, 1)
  assert.deepEqual(seen, ['a', 'b', 'drain draining', 'close'])
})

test('a farewell may end the connection itself, may fail, and may never come back', async (t) => {
  const server = await serve(t, { ...PATIENT, handlerTimeoutMs: 150, closeTimeoutMs: 150 })
  const errors = errorsOf(server)
  server.route('/own', { drain: (connection) => connection.end({ code: 4000, reason: 'see you' }) })
  server.route('/fails', {
    drain() {
      throw new Error('on purpose')
    },
  })
  server.route('/never', { drain: () => new Promise(() => {}) })
  const clients = await Promise.all(['/own', '/fails', '/never'].map((path) => openRaw(t, server.port, path)))
  await until('all are open', () => server.ledger().open === 3)
  const closes = Promise.all(clients.map(closedBy))
  const report = await drained(server, { windowMs: 0, retryAfterMs: [7, 7] })
  const retry = '{"retryAfterMs":7}'
  assert.deepEqual(
    (await closes).map(({ code, reason }) => [code, reason]),
    [
      [4000, 'see you'],
      [1012, retry],
      [1012, retry],
    ],
  )
  assert.deepEqual([report.finished, report.forced], [2, 1])
  assert.deepEqual(
    report.forcedBy.map(({ route, name }) => [route, name]),
    [['/never', 'drain']],
  )
  assert.deepEqual(errors.map(({ code }) => code).sort(), ['HF_HANDLER_FAILED', 'HF_HANDLER_OVERDUE'])
})

test('upgrades that wait are told at once, and their signal aborts', async (t) => {
  const aborted = deferred()
  const server = await serve(t, {
    ...PATIENT,
    route: {
      upgrade({ signal }) {
        signal.addEventListener('abort', () => aborted.resolve())
        return new Promise<undefined>(() => {})
      },
    },
  })
  const client = await connectRaw(t, server.port)
  client.write(upgradeText('/'))
  await until('it waits', () => server.ledger().opening === 1)
  const report = await drained(server)
  assert.equal(report.total, 0)
  await within('the signal', aborted.promise)
  assert.equal((await client.answer()).status, 503)
  await settled(server)
})

test('those who leave before their turn are counted as gone; so are those lost in the middle of it', async (t) => {
  const route = { message: (): Promise<void> => new Promise(() => {}) }
  const server = await serve(t, { ...PATIENT, closeTimeoutMs: 300, route })
  const [leaver, lost, stays] = (await openMany(t, server, 3)) as [RawClient, RawClient, RawClient]
  lost.text('x')
  await until('it has come', () => server.ledger().messagesReceived === 1)
  const report = drained(server, { windowMs: 900 })
  leaver.closeFrame(1000)
  const [, busy] = [...server.connections]
  await until('the turn of the busy one has come', () => busy?.state === 'draining')
  busy?.kill()
  lost.destroy()
  await closedBy(stays)
  const { total, finished, gone, forced } = await report
  assert.deepEqual([total, gone, forced], [3, 1, 0])
  assert.equal(finished, 2, 'the application has killed one itself')
})

test('a second drain gets the same promise; after a close there is none', async (t) => {
  const server = await serve(t, { ...PATIENT, route: {} })
  const [client] = (await openMany(t, server, 1)) as [RawClient]
  const first = server.drain({ windowMs: 0 })
  assert.equal(server.drain({ windowMs: 5_000 }), first)
  await closedBy(client)
  await within('the drain', first)
  assert.equal(server.drain(), first)
  await assert.rejects(server.listen({ port: 0 }), { code: 'HF_SERVER_STATE' })
  const began = performance.now()
  await within('close', server.close())
  assert.ok(performance.now() - began < 1_000)
  assert.equal(server.drain(), first)
  const other = makeServer(t)
  await other.close()
  await assert.rejects(other.drain(), { code: 'HF_SERVER_STATE' })
})

test('options that cannot be are refused, and nothing has begun', async (t) => {
  const server = await serve(t, { route: {} })
  await assert.rejects(server.drain({ windowMS: 1 } as object), { code: 'HF_OPTION_UNKNOWN' })
  for (const wrong of [{ windowMs: -1 }, { retryAfterMs: [2, 1] as [number, number] }, { signal: 1 as never }]) {
    await assert.rejects(server.drain(wrong), { code: 'HF_OPTION_INVALID' })
  }
  assert.equal(server.ready, true)
})

test('the signal: what is left is ended at once', async (t) => {
  const server = await serve(t, { ...PATIENT, closeTimeoutMs: 200, route: { message: () => new Promise(() => {}) } })
  const clients = await openMany(t, server, 10)
  clients[0]?.text('x')
  await until('it has come', () => server.ledger().messagesReceived === 1)
  const stop = new AbortController()
  const report = drained(server, { windowMs: 60_000, timeoutMs: 60_000, signal: stop.signal })
  stop.abort()
  for (const { code } of await Promise.all(clients.map(closedBy))) assert.equal(code, 1012)
  const { finished, forced } = await report
  assert.deepEqual([finished, forced], [9, 1])
})

test('a signal that has aborted before', async (t) => {
  const server = await serve(t, { ...PATIENT, route: {} })
  const clients = await openMany(t, server, 3)
  const closes = Promise.all(clients.map(closedBy))
  assert.equal(
    (await drained(server, { windowMs: 60_000, timeoutMs: 60_000, signal: AbortSignal.abort() })).finished,
    3,
  )
  await closes
})

test('close during a drain: 1001 to all who wait for their turn, and the drain ends with it', async (t) => {
  const gate = deferred()
  const server = await serve(t, { ...PATIENT, route: { message: () => gate.promise } })
  const clients = await openMany(t, server, 5)
  clients[4]?.text('x')
  await until('it has come', () => server.ledger().messagesReceived === 1)
  const report = drained(server, { windowMs: 60_000, timeoutMs: 60_000 })
  const closed = server.close()
  const four = await Promise.all(clients.slice(0, 4).map(closedBy))
  assert.deepEqual(
    four.map(({ code }) => code),
    [1001, 1001, 1001, 1001],
  )
  gate.resolve()
  assert.equal((await closedBy(clients[4] as RawClient)).code, 1001)
  const { finished, forced } = await report
  assert.deepEqual([finished, forced], [5, 0])
  await within('close', closed)
})

test('close during a drain bounds it by drainTimeoutMs', async (t) => {
  const server = await serve(t, {
    drainTimeoutMs: 200,
    closeTimeoutMs: 100,
    route: { message: () => new Promise(() => {}) },
  })
  const [client] = (await openMany(t, server, 1)) as [RawClient]
  client.text('x')
  await until('it has come', () => server.ledger().messagesReceived === 1)
  const report = drained(server, { windowMs: 0, timeoutMs: 60_000 })
  const closed = server.close()
  assert.equal((await report).forced, 1)
  await within('close', closed)
})

test('drain and close in handlers of the drain itself', async (t) => {
  const server: Server = await serve(t, {
    ...PATIENT,
    route: {
      drain() {
        void server.drain()
        void server.close()
      },
    },
  })
  const clients = await openMany(t, server, 4)
  const closes = Promise.all(clients.map(closedBy))
  const report = await drained(server, { windowMs: 100 })
  assert.equal(report.finished, 4)
  const codes = (await closes).map(({ code }) => code)
  assert.deepEqual(codes.sort(), [1001, 1001, 1001, 1012])
})

test('it announces its beginning and its end', async (t) => {
  const server = await serve(t, { ...PATIENT, route: {} })
  const [client] = (await openMany(t, server, 1)) as [RawClient]
  const events: (number | null)[] = []
  server.on('drain', ({ total, report }) => events.push(total, report?.finished ?? null))
  void closedBy(client)
  await drained(server, { windowMs: 0 })
  assert.deepEqual(events, [1, null, 1, 1])
})
