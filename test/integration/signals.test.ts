/** Signals: aborted whenever they are first used, and what stops because of them has not failed. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import type { Connection, Server, Turn } from '../../src/index.ts'
import { deferred, turn, until, within } from '../support/deadline.ts'
import { openRaw } from '../support/raw-client.ts'
import { errorsOf, onlyConnection, serve, settled } from '../support/serving.ts'

const LONG = { closeTimeoutMs: 60_000, handlerTimeoutMs: 60_000 }

/** A connection whose peer has left, kept in the state `closing` by a handler until `finish` is called. */
async function closing(t: TestContext): Promise<{ connection: Connection; server: Server; finish: () => void }> {
  const gate = deferred()
  t.after(() => gate.resolve())
  const server = await serve(t, { ...LONG, route: { message: () => gate.promise } })
  const client = await openRaw(t, server.port)
  const connection = await onlyConnection(server)
  client.text('x')
  await until('the handler runs', () => server.ledger().messagesReceived === 1)
  client.socket.resetAndDestroy()
  await until('it is closing', () => connection.state === 'closing')
  return { connection, server, finish: gate.resolve as () => void }
}

test('signal, scope and task first used while the connection is closing are aborted already', async (t) => {
  await t.test('signal', async (t) => {
    const { connection, server, finish } = await closing(t)
    assert.equal(connection.signal.aborted, true)
    assert.equal(connection.signal.reason.code, 'HF_ENDED')
    finish()
    await settled(server)
  })
  await t.test('scope', async (t) => {
    const { connection, server, finish } = await closing(t)
    let released = 0
    connection.scope.defer(() => released++)
    assert.equal(connection.scope.fork('mine').signal.aborted, true)
    assert.equal(connection.scope.signal.aborted, true)
    finish()
    await settled(server)
    assert.equal(released, 1)
  })
  await t.test('task', async (t) => {
    const { connection, server, finish } = await closing(t)
    const errors = errorsOf(server)
    const aborted: boolean[] = []
    await connection
      .task('late', (signal) => {
        aborted.push(signal.aborted)
        signal.throwIfAborted()
      })
      .catch(() => {})
    assert.deepEqual(aborted, [true])
    finish()
    await settled(server)
    assert.deepEqual(errors, [])
  })
})

test('turn.signal is aborted for an asynchronous handler that ended its connection before its first await', async (t) => {
  for (const used of ['before', 'after'] as const) {
    await t.test(`first used ${used} the end`, async (t) => {
      const seen: unknown[] = []
      const server = await serve(t, {
        ...LONG,
        route: {
          async message(connection, _, own) {
            if (used === 'before') seen.push(own.signal.aborted)
            connection.end({ code: 4000, reason: 'enough' })
            await turn()
            seen.push(own.signal.aborted, own.signal.reason === connection.signal.reason)
          },
        },
      })
      const client = await openRaw(t, server.port)
      client.text('x')
      client.closeFrame((await client.closeCode()).code)
      await settled(server)
      assert.deepEqual(seen, used === 'before' ? [false, true, true] : [true, true])
    })
  }
})

/** What stops because it was told to. */
const ABORTS: Readonly<Record<string, (connection: Connection, own: AbortSignal) => unknown>> = {
  "the reason of the connection's signal": (connection) => connection.signal.reason,
  'the reason of its own signal': (_, own) => own.reason,
  'an AbortError of the platform': () => new DOMException('stopped', 'AbortError'),
  'an AbortError of a library': () => Object.assign(new Error('stopped'), { name: 'AbortError' }),
}

/** What has failed, aborted or not. */
const FAILURES: Readonly<Record<string, () => unknown>> = {
  'a TypeError': () => new TypeError('mine'),
  undefined: () => undefined,
  'another reason': () => AbortSignal.abort(new Error('mine')).reason,
}

type Work = (connection: Connection, own: Turn | null) => Promise<void>

/** Runs `work` as a handler or task, lets the peer leave, and gives what was announced. */
async function announced(t: TestContext, as: 'handler' | 'task', work: Work): Promise<string[]> {
  const started = deferred()
  const server = await serve(t, {
    ...LONG,
    route: {
      message(connection, _, own) {
        started.resolve()
        if (as === 'handler') return work(connection, own)
        connection.task('work', () => work(connection, null)).catch(() => {})
        return undefined
      },
    },
  })
  const errors = errorsOf(server)
  const client = await openRaw(t, server.port)
  client.text('x')
  await within('the work', started.promise)
  client.socket.resetAndDestroy()
  await until('it is closed', () => server.ledger().closed === 1)
  await settled(server)
  return errors.map(({ code }) => code)
}

for (const as of ['handler', 'task'] as const) {
  test(`a ${as} that stops because it was told to has not failed; any other failure is announced`, async (t) => {
    for (const [name, reason] of Object.entries(ABORTS)) {
      await t.test(name, async (t) => {
        const codes = await announced(t, as, async (connection, own) => {
          const signal = own?.signal ?? connection.signal
          await once(signal, 'abort')
          throw reason(connection, signal)
        })
        assert.deepEqual(codes, [])
      })
    }
    for (const [name, failure] of Object.entries(FAILURES)) {
      await t.test(name, async (t) => {
        const codes = await announced(t, as, async (connection) => {
          await once(connection.signal, 'abort')
          throw failure()
        })
        assert.deepEqual(codes, [as === 'task' ? 'HF_TASK_FAILED' : 'HF_HANDLER_FAILED'])
      })
    }
  })
}

test('a handler that ends its connection and then stops by the signal has not failed', async (t) => {
  const server = await serve(t, {
    ...LONG,
    route: {
      async message(connection) {
        const { signal } = connection
        connection.end()
        await turn()
        signal.throwIfAborted()
      },
    },
  })
  const errors = errorsOf(server)
  const client = await openRaw(t, server.port)
  client.text('x')
  assert.equal((await client.closeCode()).code, 1000)
  client.closeFrame(1000)
  await settled(server)
  assert.deepEqual(errors, [])
})

test('an AbortError while nothing has been aborted is a failure', async (t) => {
  const server = await serve(t, {
    route: {
      async message() {
        await turn()
        throw new DOMException('not ours', 'AbortError')
      },
    },
  })
  const errors = errorsOf(server)
  const client = await openRaw(t, server.port)
  client.text('x')
  assert.equal((await client.closeCode()).code, 1011)
  client.closeFrame(1011)
  await settled(server)
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['HF_HANDLER_FAILED'],
  )
})
