/**
 * `trace()` and the API it is given: without an SDK nothing is traced and nothing fails; an API that throws, wherever it does, breaks
 * no upgrade and no connection and is told once; where the package is not installed, one line says so.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as realApi from '@opentelemetry/api'
import type { OtelApi, OtelSpan } from '../../../src/diagnose/trace/otel-api.ts'
import { trace, traceWith } from '../../../src/diagnose/trace/trace.ts'
import { spanContextOf, traceparentOf } from '../../../src/diagnose/trace/traceparent.ts'
import { reject, type Server } from '../../../src/index.ts'
import { INTERNALS } from '../../../src/server/internals.ts'
import { until } from '../../support/deadline.ts'
import { connectRaw, openRaw, upgradeText } from '../../support/raw-client.ts'
import { errorsOf, onlyConnection, serve, settled } from '../../support/serving.ts'
import { TYPESCRIPT } from '../../support/typescript.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CHILD_DEADLINE_MS = 60_000
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** Everything it can be asked, each counted. */
type Call =
  | 'with'
  | 'with, after it has run'
  | 'extract'
  | 'startSpan'
  | 'setSpan'
  | 'spanContext'
  | 'setAttributes'
  | 'setStatus'
  | 'end'

const CALLS: readonly Call[] = [
  ...(['with', 'with, after it has run', 'extract', 'startSpan', 'setSpan'] as const),
  ...(['spanContext', 'setAttributes', 'setStatus', 'end'] as const),
]

/** @param throws null: it works */
function apiThatThrows(throws: Call | null): { readonly api: OtelApi; readonly calls: Set<Call> } {
  const calls = new Set<Call>()
  const called = (call: Call): void => {
    calls.add(call)
    if (call === throws) throw new Error(`thrown by ${call}`)
  }
  const span: OtelSpan = {
    spanContext() {
      called('spanContext')
      return { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
    },
    setAttributes: () => called('setAttributes'),
    setStatus: () => called('setStatus'),
    end: () => called('end'),
  }
  const api: OtelApi = {
    ROOT_CONTEXT: {},
    context: {
      with(_, fn) {
        called('with')
        const result = fn()
        called('with, after it has run')
        return result
      },
    },
    propagation: {
      extract(context) {
        called('extract')
        return context
      },
    },
    trace: {
      getTracer: () => ({
        startSpan() {
          called('startSpan')
          return span
        },
      }),
      setSpan(context) {
        called('setSpan')
        return context
      },
    },
  }
  return { api, calls }
}

/** One that opens and closes, one that is refused, one that fails, one whose handler throws. */
async function visits(t: TestContext, server: Server, asked: string[]): Promise<void> {
  const client = await openRaw(t, server.port)
  client.text('fail')
  await until('it is told to go', () => client.frames.some(({ opcode }) => opcode === 8))
  client.closeFrame(1011)
  for (const [path, status] of [
    ['/refused', 401],
    ['/failed', 500],
  ] as const) {
    const other = await connectRaw(t, server.port)
    other.write(upgradeText(path))
    assert.equal((await other.answer()).status, status)
    other.socket.destroy()
  }
  await settled(server)
  assert.deepEqual(asked, ['/', '/refused', '/failed'], 'each is asked once')
}

async function visited(t: TestContext, api: OtelApi): Promise<string[]> {
  const asked: string[] = []
  const server = await serve(t, {
    route: {
      upgrade: () => void asked.push('/'),
      message() {
        throw new Error('a handler')
      },
    },
  })
  server.route('/refused', {
    upgrade() {
      asked.push('/refused')
      throw reject(401)
    },
  })
  server.route('/failed', {
    async upgrade() {
      asked.push('/failed')
      throw new Error('an upgrade')
    },
  })
  const errors = errorsOf(server)
  traceWith(server, api)
  await visits(t, server, asked)
  return errors.map(({ code }) => code).filter((code) => code !== 'HF_HANDLER_FAILED' && code !== 'HF_UPGRADE_FAILED')
}

describe('an API that throws breaks nothing, and is told once', () => {
  for (const call of CALLS) {
    test(call, async (t) => {
      assert.deepEqual(await visited(t, apiThatThrows(call).api), ['HF_TRACE_FAILED'])
    })
  }

  test('control: one that works is called in all these ways, and nothing is told', async (t) => {
    const { api, calls } = apiThatThrows(null)
    assert.deepEqual(await visited(t, api), [])
    assert.deepEqual([...calls].sort(), [...CALLS].sort())
  })
})

test('without an SDK: nothing is traced, and nothing fails', async (t) => {
  const server = await serve(t, { route: { upgrade: async () => realApi.trace.getActiveSpan() } })
  const errors = errorsOf(server)
  await trace(server)
  const client = await openRaw(t, server.port, '/', { traceparent: TRACEPARENT })
  const { id } = await onlyConnection(server)
  assert.equal(server[INTERNALS].connection(id)?.traceparent, null)
  client.closeFrame(1000)
  await settled(server)
  assert.deepEqual(errors, [])
})

test('what is no server is refused', async () => {
  for (const wrong of [undefined, null, {}, { scope: { ended: false, defer: () => () => {} } }]) {
    await assert.rejects(trace(wrong as never), { code: 'HF_OPTION_INVALID' })
  }
})

test('a place in a trace, as text and back', () => {
  const context = spanContextOf(TRACEPARENT)
  assert.deepEqual(context, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  })
  assert.equal(traceparentOf(context!), TRACEPARENT)
  assert.equal(traceparentOf({ ...context!, traceFlags: 0 }), `${TRACEPARENT.slice(0, -1)}0`)
  assert.equal(traceparentOf({ ...context!, traceId: '0'.repeat(32) }), null)
  assert.equal(traceparentOf({ ...context!, spanId: '0'.repeat(16) }), null)
  assert.equal(traceparentOf({ ...context!, spanId: 'x' }), null)
  for (const wrong of [null, '', 'x', `${TRACEPARENT}0`, TRACEPARENT.replace('00-', '01-'), {} as string]) {
    assert.equal(spanContextOf(wrong), null)
  }
})

describe('in a project of its own', () => {
  /** The sources, with the packages they need beside them; what is not there cannot be found further up. */
  function project(t: TestContext, packages: readonly string[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const house = join(folder, 'holdfast')
    mkdirSync(house, { recursive: true })
    cpSync(join(ROOT, 'src'), join(house, 'src'), { recursive: true })
    for (const name of packages) {
      const place = join(folder, 'node_modules', name)
      mkdirSync(join(place, '..'), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), place)
    }
    writeFileSync(
      join(folder, 'main.mjs'),
      `import { createServer } from './holdfast/src/index.ts'
      import { trace } from './holdfast/src/diagnose/trace/index.ts'
      const server = createServer()
      try {
        await trace(server)
        console.log('traced')
      } catch (error) {
        console.log(error.message)
      }
      await server.close()`,
    )
    return folder
  }

  function run(folder: string): string {
    const ran = spawnSync(process.execPath, [TYPESCRIPT, 'main.mjs'], {
      ...{ cwd: folder, encoding: 'utf8', timeout: CHILD_DEADLINE_MS },
    })
    assert.deepEqual([ran.status, ran.stderr], [0, ''])
    return ran.stdout
  }

  test('without the package: one line says what to do', (t) => {
    assert.equal(
      run(project(t, ['zod', 'find-my-way'])),
      'trace() without the package @opentelemetry/api; wanted it to be installed beside holdfast, which does not bring it along; npm install @opentelemetry/api (HF_PEER_MISSING)\n',
    )
  })

  test('with it: it is traced', (t) => {
    assert.equal(run(project(t, ['zod', 'find-my-way', '@opentelemetry/api'])), 'traced\n')
  })
})
