/** open, hold, message and close over real sockets: order, waiting, deadlines, exactly once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Connection, type Ending, HoldfastError } from '../../src/index.ts'
import { deferred, turn, until, within } from '../support/deadline.ts'
import { openRaw } from '../support/raw-client.ts'
import { errorsOf, onlyConnection, serve, settled } from '../support/serving.ts'
import { clientFrame } from '../support/wire.ts'

test('hooks run in the order open, hold, message, close; data and hold say what they should', async (t) => {
  const seen: unknown[] = []
  const server = await serve<{ user: string }>(t, {
    route: {
      upgrade: () => ({ user: 'ada' }),
      open: (connection) => void seen.push(`open ${connection.data.user}`),
      hold: (_, hold) => void seen.push(hold),
      message: (connection, message) => {
        seen.push(message)
        connection.send(`you said ${String(message)}`)
      },
      close: (connection, ending) =>
        void seen.push(`close ${ending.code} ${ending.reason} by ${ending.by} ${connection.state}`),
    },
  })
  const client = await openRaw(t, server.port)
  client.text('hello')
  assert.deepEqual(await client.nextTexts(1), ['you said hello'])
  client.closeFrame(4001, 'bye')
  assert.deepEqual(await client.closeCode(), { code: 4001, reason: 'bye' })
  client.socket.end()
  await settled(server)
  assert.deepEqual(seen, ['open ada', { moved: false }, 'hello', 'close 4001 bye by peer closing'])
  assert.deepEqual([server.ledger().openHooks, server.ledger().closeHooks], [1, 1])
})

test('messages wait for an asynchronous open and hold', async (t) => {
  const seen: string[] = []
  const [opened, held] = [deferred(), deferred()]
  const server = await serve(t, {
    route: {
      open: () => opened.promise,
      hold: () => {
        seen.push('hold')
        return held.promise
      },
      message: (_, message) => void seen.push(String(message)),
    },
  })
  const client = await openRaw(t, server.port)
  client.text('early')
  await until('the message has come', () => server.ledger().messagesReceived === 1)
  assert.deepEqual(seen, [])
  opened.resolve()
  await until('hold runs', () => seen.length === 1)
  assert.deepEqual(seen, ['hold'])
  held.resolve()
  await until('the message is handled', () => seen.length === 2)
  assert.deepEqual(seen, ['hold', 'early'])
})

test('messages sent together with the upgrade request are handled after it', async (t) => {
  const gate = deferred<undefined>()
  const server = await serve(t, {
    route: { upgrade: () => gate.promise, message: (connection, message) => void connection.send(message) },
  })
  const { connectRaw, upgradeText } = await import('../support/raw-client.ts')
  const client = await connectRaw(t, server.port)
  client.write(Buffer.concat([Buffer.from(upgradeText('/')), clientFrame({ opcode: 1, payload: 'one' })]))
  await until('the upgrade runs', () => server.ledger().opening === 1)
  client.text('two')
  gate.resolve(undefined)
  assert.deepEqual(await client.nextTexts(2), ['one', 'two'])
})

test('asynchronous handlers run one at a time, in order', async (t) => {
  const seen: string[] = []
  let running = 0
  const server = await serve(t, {
    route: {
      async message(connection, message) {
        running++
        assert.equal(running, 1)
        for (let turns = Number(message) % 3; turns > 0; turns--) await turn()
        seen.push(String(message))
        running--
        if (message === '49') connection.send('done')
      },
    },
  })
  const errors = errorsOf(server)
  const client = await openRaw(t, server.port)
  client.write(
    Buffer.concat(Array.from({ length: 50 }, (_, index) => clientFrame({ opcode: 1, payload: String(index) }))),
  )
  await client.nextTexts(1)
  assert.deepEqual(
    seen,
    Array.from({ length: 50 }, (_, index) => String(index)),
  )
  assert.deepEqual(errors, [])
})

test('handlerQueueMax pauses reading, so that TCP pushes back, and the rest is handled after', async (t) => {
  const gate = deferred()
  let handled = 0
  const server = await serve(t, {
    handlerQueueMax: 4,
    route: {
      message: () => {
        handled++
        return gate.promise
      },
    },
  })
  const client = await openRaw(t, server.port)
  const payload = Buffer.alloc(64 * 1024)
  const total = 400
  for (let count = 0; count < total; count++) client.frame({ opcode: 2, payload })
  await until('the sender stalls', () => client.socket.writableLength > 0 && server.ledger().messagesReceived >= 5)
  // Nothing but TCP holds the sender back: what it has left does not change while we do not read.
  let left = -1
  await until('the writable stands still', () => {
    const before = left
    left = client.socket.writableLength
    return before === left
  })
  for (let turns = 0; turns < 50; turns++) await turn()
  assert.equal(client.socket.writableLength, left)
  assert.ok(left > 5 * 1024 * 1024, `only ${left} bytes wait at the sender`)
  assert.equal(handled, 1)
  assert.equal(server.ledger().messagesReceived, 5, 'one runs, four wait')
  gate.resolve()
  await until('all are handled', () => handled === total)
})

test('a handler past its deadline: announced with route and age, its signal aborts, 1011 after closeTimeoutMs', async (t) => {
  const aborted = deferred<unknown>()
  const server = await serve(t, {
    handlerTimeoutMs: 50,
    closeTimeoutMs: 50,
    route: {
      message: (_, __, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve(signal.reason))
        return new Promise(() => {})
      },
    },
  })
  const errors = errorsOf(server)
  const overdue: string[] = []
  server.on('overdue', ({ route }) => overdue.push(route))
  const client = await openRaw(t, server.port)
  client.text('x')
  const reason = await within('the signal', aborted.promise)
  assert.ok(reason instanceof HoldfastError && reason.code === 'HF_HANDLER_OVERDUE')
  assert.match(reason.message, /handler message of route \/ has not finished after 50 ms/)
  assert.deepEqual(await client.closeCode(), { code: 1011, reason: 'handler did not finish in time' })
  client.socket.end()
  await settled(server)
  assert.deepEqual(overdue, ['/'])
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_HANDLER_OVERDUE'],
  )
})

test('a handler that stops when its signal says so keeps its connection', async (t) => {
  const server = await serve(t, {
    handlerTimeoutMs: 50,
    closeTimeoutMs: 5_000,
    route: {
      async message(connection, message, { signal }) {
        if (message === 'slow')
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        connection.send(message)
      },
    },
  })
  const errors = errorsOf(server)
  const client = await openRaw(t, server.port)
  client.text('slow')
  client.text('next')
  assert.deepEqual(await client.nextTexts(1), ['next'])
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_HANDLER_OVERDUE'],
  )
})

test('close runs exactly once, after the handler that runs has finished, however the connection ends', async (t) => {
  for (const how of ['peer reset', 'peer fin', 'kill', 'end', 'close frame'] as const) {
    await t.test(how, async (t) => {
      const seen: string[] = []
      const gate = deferred()
      const started = deferred()
      const server = await serve(t, {
        closeTimeoutMs: 5_000,
        route: {
          async message(_, __, { signal }) {
            started.resolve()
            await gate.promise
            seen.push(signal.aborted ? 'handler, aborted' : 'handler')
          },
          close: () => void seen.push('close'),
        },
      })
      const client = await openRaw(t, server.port)
      const connection = await onlyConnection(server)
      client.text('x')
      await within('the handler', started.promise)
      if (how === 'peer reset') client.socket.resetAndDestroy()
      else if (how === 'peer fin') client.socket.end()
      else if (how === 'kill') connection.kill()
      else if (how === 'end') connection.end({ code: 4000 })
      else client.closeFrame(4000)
      if (how === 'end') {
        assert.equal((await client.closeCode()).code, 4000)
        client.closeFrame(4000)
      }
      if (how !== 'close frame') await until('the socket is gone', () => server.ledger().sockets === 0)
      else await until('it has been seen', () => connection.state !== 'open')
      assert.deepEqual(seen, [])
      assert.equal(server.ledger().imbalances.length, 0)
      gate.resolve()
      if (how === 'close frame') {
        await client.closeCode()
        client.socket.end()
      }
      await settled(server)
      assert.deepEqual(seen, [how === 'close frame' ? 'handler' : 'handler, aborted', 'close'])
    })
  }
})

test("messages that came before the peer's close frame are handled before it is answered", async (t) => {
  const gate = deferred()
  const seen: string[] = []
  let ending: Ending | undefined
  const server = await serve(t, {
    route: {
      async message(connection, message) {
        if (message === 'first') await gate.promise
        seen.push(String(message))
        connection.send(`ok ${String(message)}`)
      },
      close: (_, how) => {
        ending = how
      },
    },
  })
  const client = await openRaw(t, server.port)
  for (const text of ['first', 'second', 'third']) client.text(text)
  client.closeFrame(1000, 'done')
  await until('the close frame has come', () => server.ledger().draining === 1)
  assert.deepEqual(seen, [])
  gate.resolve()
  assert.deepEqual(await client.closeCode(), { code: 1000, reason: 'done' })
  assert.deepEqual(client.texts, ['ok first', 'ok second', 'ok third'])
  client.socket.end()
  await settled(server)
  assert.deepEqual({ ...ending }, { code: 1000, reason: 'done', by: 'peer', advice: ending?.advice, clean: true })
})

test('a handler that throws or rejects: 1011, announced exactly once, the process lives', async (t) => {
  for (const where of ['open', 'hold', 'message'] as const) {
    for (const how of ['throws', 'rejects'] as const) {
      await t.test(`${where} ${how}`, async (t) => {
        const fail = (): Promise<void> => {
          if (how === 'throws') throw new Error('mine')
          return Promise.reject(new Error('mine'))
        }
        let closes = 0
        const server = await serve(t, { route: { [where]: fail, close: () => void closes++ } })
        const errors = errorsOf(server)
        const client = await openRaw(t, server.port)
        client.text('x')
        assert.deepEqual(await client.closeCode(), { code: 1011, reason: 'internal error' })
        client.closeFrame(1011)
        await settled(server)
        assert.equal(closes, 1)
        assert.deepEqual(
          errors.map(({ code, cause }) => [code, (cause as Error).message]),
          [['HF_HANDLER_FAILED', 'mine']],
        )
      })
    }
  }
})

test('a close hook that throws or rejects is announced, and the connection is released all the same', async (t) => {
  for (const close of [
    () => {
      throw new Error('mine')
    },
    () => Promise.reject(new Error('mine')),
  ]) {
    const server = await serve(t, { route: { close } })
    const errors = errorsOf(server)
    const client = await openRaw(t, server.port)
    client.socket.destroy()
    await until('it is announced', () => errors.length > 0)
    await settled(server)
    assert.equal(errors.length, 1)
    assert.match(errors[0]!.message, /handler close of route \/ threw: mine/)
  }
})

test('a close hook that does not come back is announced as overdue, and the connection is released', async (t) => {
  const server = await serve(t, { handlerTimeoutMs: 50, route: { close: () => new Promise(() => {}) } })
  const errors = errorsOf(server)
  const client = await openRaw(t, server.port)
  client.socket.destroy()
  await until('the connection has come and gone', () => server.ledger().closed === 1)
  await settled(server)
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_HANDLER_OVERDUE'],
  )
})

test('a connection ended in the listener for "open" gets no open hook left hanging, and the ledger balances', async (t) => {
  for (const how of ['end', 'kill'] as const) {
    await t.test(how, async (t) => {
      const seen: string[] = []
      const server = await serve(t, {
        closeTimeoutMs: 5_000,
        route: { open: () => void seen.push('open'), close: () => void seen.push('close') },
      })
      server.on('open', ({ connection }) => connection[how]())
      const { connectRaw, upgradeText } = await import('../support/raw-client.ts')
      const client = await connectRaw(t, server.port)
      client.write(upgradeText('/'))
      if (how === 'end') {
        await client.closeCode()
        client.closeFrame(1000)
      }
      await client.gone()
      await until('it is closed at once, not by a deadline', () => server.ledger().closed === 1, 2_000)
      await settled(server)
      assert.ok(
        seen.filter((hook) => hook === 'open').length === seen.filter((hook) => hook === 'close').length,
        seen.join(),
      )
    })
  }
})

test('the ledger balances at the moment of every event and hook', async (t) => {
  const wrong: string[] = []
  const look = (when: string): void => {
    for (const law of server.ledger().imbalances) wrong.push(`${when}: ${law}`)
  }
  const server = await serve(t, {
    route: {
      upgrade: () => look('upgrade'),
      open: () => look('open hook'),
      hold: () => look('hold hook'),
      message: () => look('message hook'),
      close: () => look('close hook'),
    },
  })
  server.use((_, next) => {
    look('middleware')
    return next()
  })
  server.on('open', () => look('open event'))
  server.on('close', () => look('close event'))
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  connection.scope.defer(() => look('release'))
  connection.signal.addEventListener('abort', () => look('abort'))
  client.text('x')
  client.closeFrame(1000)
  await client.closeCode()
  client.socket.end()
  await settled(server)
  assert.deepEqual(wrong, [])
})

test('task, scope, signal: they end with the connection, and close waits for tasks', async (t) => {
  const seen: string[] = []
  const gate = deferred()
  const server = await serve(t, {
    closeTimeoutMs: 5_000,
    route: {
      open(connection) {
        connection.scope.defer(() => seen.push('released'), 'mine')
        connection.scope.every(20, () => {}, 'tick')
        void connection.task('work', async (signal) => {
          signal.addEventListener('abort', () => seen.push('task signal'))
          await gate.promise
          seen.push('task done')
        })
        connection.signal.addEventListener('abort', () => seen.push(`signal ${connection.signal.reason.code}`))
      },
      close: () => void seen.push('close'),
    },
  })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  assert.deepEqual(
    connection.scope.held().map(({ name }) => name),
    ['mine', 'tick', 'work'],
  )
  client.socket.resetAndDestroy()
  await until('the socket is gone', () => server.ledger().sockets === 0)
  assert.deepEqual(seen, ['task signal', 'signal HF_ENDED'])
  gate.resolve()
  await settled(server)
  assert.deepEqual(seen, ['task signal', 'signal HF_ENDED', 'task done', 'close', 'released'])
})

test('a task that never finishes holds the connection no longer than closeTimeoutMs', async (t) => {
  const server = await serve(t, {
    closeTimeoutMs: 50,
    route: { open: (connection) => void connection.task('stuck', () => new Promise(() => {})) },
  })
  const client = await openRaw(t, server.port)
  client.socket.destroy()
  await until('it is closed', () => server.ledger().closed === 1)
  await settled(server)
})

test('a closed connection keeps its id, ending and numbers; data throws, send says ended', async (t) => {
  const server = await serve<string>(t, {
    route: { upgrade: () => 'data', message: (connection, message) => void connection.send(message) },
  })
  const client = await openRaw(t, server.port)
  const connection = (await onlyConnection(server)) as Connection
  const { id, openedAt } = connection
  connection.join('room')
  client.text('x')
  await client.nextTexts(1)
  client.closeFrame(4002, 'bye')
  await client.closeCode()
  client.socket.end()
  await settled(server)
  assert.equal(connection.state, 'closed')
  assert.deepEqual([connection.id, connection.openedAt], [id, openedAt])
  assert.deepEqual([connection.ending?.code, connection.ending?.reason, connection.ending?.clean], [4002, 'bye', true])
  assert.deepEqual([connection.messagesReceived, connection.messagesSent, connection.bufferedBytes], [1, 1, 0])
  assert.equal(connection.send('late'), 'ended')
  assert.equal(connection.ping(), 'ended')
  assert.deepEqual([connection.join('room'), connection.leave('room'), connection.rooms], [false, false, []])
  assert.equal(await connection.task('late', () => 1), undefined)
  connection.end()
  connection.kill()
  for (const property of ['data', 'params', 'protocol', 'remoteAddress', 'signal', 'scope'] as const) {
    assert.throws(() => connection[property], {
      code: 'HF_CONNECTION_CLOSED',
      message: new RegExp(`connection\\.${property} .*${id}`),
    })
  }
  assert.throws(() => connection.room('x'), { code: 'HF_CONNECTION_CLOSED' })
  assert.equal(server.connection(id), undefined)
})

test('a wrong argument is told at once and changes nothing', async (t) => {
  const server = await serve(t, { route: {} })
  await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  for (const message of [undefined, null, 7, {}, []]) {
    assert.throws(() => connection.send(message as never), { code: 'HF_SEND_TYPE' })
    assert.throws(() => server.publish(message as never), { code: 'HF_SEND_TYPE' })
  }
  assert.throws(() => connection.ping('x'.repeat(126)), { code: 'HF_SEND_TOO_LONG' })
  assert.throws(() => connection.end({ reason: 'é'.repeat(62) }), { code: 'HF_SEND_TOO_LONG' })
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, Number.NaN]) {
    assert.throws(() => connection.end({ code }), { code: 'HF_CLOSE_CODE' }, String(code))
  }
  assert.equal(connection.state, 'open')
})
