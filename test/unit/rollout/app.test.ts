/** The file of an app and what it exports: what is taken, and what is said of everything else. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createServer } from '../../../src/index.ts'
import { findApp } from '../../../src/rollout/app-file.ts'
import { checkApp, loadApp } from '../../../src/rollout/app-module.ts'
import { passedSockets, takePassed } from '../../../src/rollout/port-claim.ts'

test('a link is followed, so that a worker that is replaced later runs the same version', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-app-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'one.js'), '')
  writeFileSync(join(folder, 'app.txt'), '')
  symlinkSync(join(folder, 'one.js'), join(folder, 'current.js'))
  const { path } = findApp('current.js', folder)
  assert.match(path, /one\.js$/)
  assert.throws(() => findApp('two.js', folder), { code: 'HF_APP_INVALID', message: /there is no such file/ })
  assert.throws(() => findApp('.', folder), { code: 'HF_APP_INVALID', message: /there is no such file/ })
  assert.throws(() => findApp('app.txt', folder), {
    message: /it ends with "\.txt"; wanted a file that ends with \.js/,
  })
})

test('TypeScript: with the tsx that is installed there', () => {
  const { nodeOptions } = findApp('test/unit/rollout/app.test.ts', process.cwd())
  assert.match(nodeOptions[0] ?? '', /^--import=file:.*tsx/)
})

test('the default export: a server, also as what CommonJS wraps', () => {
  const server = createServer()
  assert.equal(checkApp('app.js', { default: server }), server)
  assert.equal(checkApp('app.cjs', { default: { default: server } }), server)
})

test('an app that throws: where, in its own code rather than in that of a library', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-app-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules'))
  writeFileSync(
    join(folder, 'node_modules', 'pool.mjs'),
    "export function connect() { throw new Error('nobody there') }\n",
  )
  for (const [name, text, says] of [
    ['own.mjs', "\n  throw new Error('no database')\n", /failed: no database, at file:\/\/\/.*\/own\.mjs:2:9; wanted/],
    [
      'theirs.mjs',
      "import { connect } from './node_modules/pool.mjs'\nconnect()\n",
      /failed: nobody there, at file:\/\/\/.*\/theirs\.mjs:2:1; wanted/,
    ],
    ['words.mjs', "throw 'no error'\n", /failed: no error; wanted/],
    ['cut.mjs', 'const a = {\n', /failed: Unexpected end of input; wanted.*`node .*cut\.mjs` shows the same/],
  ] as const) {
    writeFileSync(join(folder, name), text)
    await assert.rejects(loadApp(join(folder, name)), { code: 'HF_APP_INVALID', message: says })
  }
})

class Service {}

const WRONG: readonly (readonly [app: Record<string, unknown>, seen: RegExp, todo: RegExp])[] = [
  [{}, /no default export; it exports nothing/, /add the export/],
  [{ server: 1, port: 2 }, /it exports server, port;/, /add the export/],
  [{ default: 42 }, /a value of type number/, /what createServer\(\) returned/],
  [{ default: null }, /a value of type object/, /what createServer\(\) returned/],
  [{ default: {} }, /a plain object/, /what createServer\(\) returned/],
  [{ default: new Service() }, /a Service/, /what createServer\(\) returned/],
  [{ default: function start() {} }, /a function "start"/, /call it/],
  [{ default: Promise.resolve() }, /a promise/, /await it/],
  [{ default: createHttpServer() }, /an HTTP server/, /server\.attach\(httpServer\)/],
  [{ default: { attach() {}, ledger() {} } }, /another version of Holdfast/, /npm ls holdfast/],
]

test('anything else: what it is, what is wanted, what to do', () => {
  for (const [app, seen, todo] of WRONG) {
    assert.throws(
      () => checkApp('app.js', app),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'HF_APP_INVALID')
        assert.match(error.message, seen)
        assert.match(error.message, todo)
        return true
      },
    )
  }
})

test('what systemd says counts only for this very process, and one socket is enough', () => {
  assert.deepEqual(passedSockets({ LISTEN_PID: '7', LISTEN_FDS: '1' }, 7), { count: 1 })
  assert.equal(passedSockets({ LISTEN_PID: '8', LISTEN_FDS: '1' }, 7), null)
  assert.equal(passedSockets({ LISTEN_PID: '7' }, 7), null)
  assert.equal(passedSockets({ LISTEN_FDS: '1' }, 7), null)
  assert.throws(() => takePassed({ count: 3 }), { code: 'HF_LISTEN_FAILED', message: /3 sockets/ })
})
