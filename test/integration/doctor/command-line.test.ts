/** The command line around the commands: its help, and a reader of its output that has had enough. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { holdfast } from '../../support/command-line.ts'
import { within } from '../../support/deadline.ts'
import { MAIN, PATIENCE_MS, ROOT } from '../../support/supervised.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-pipe-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const pipe = join(folder, 'pipe')
execFileSync('mkfifo', [pipe])

/** The writing end of a pipe whose reader has gone. */
function unread(): number {
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(pipe, 'w')
  closeSync(reader)
  return writer
}

/** @param to which of its outputs nobody reads */
async function unheard(args: readonly string[], to: 'out' | 'errors') {
  const writer = unread()
  const stdio = to === 'out' ? (['ignore', writer, 'pipe'] as const) : (['ignore', 'pipe', writer] as const)
  const child = spawn(process.execPath, args, { stdio: [...stdio], cwd: ROOT })
  closeSync(writer)
  let said = ''
  const heard = to === 'out' ? child.stderr : child.stdout
  heard?.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
  })
  try {
    const [code] = await within('it to end', once(child, 'close'), PATIENCE_MS)
    return { code, said }
  } finally {
    child.kill('SIGKILL')
  }
}

test('when nobody reads any more it ends quietly, with the exit code it would have', async () => {
  assert.deepEqual(await unheard([MAIN, 'doctor', '--help'], 'out'), { code: 0, said: '' })
  assert.deepEqual(await unheard([MAIN, 'doctor', 'a', 'b'], 'errors'), { code: 2, said: '' })
  const control = await unheard(['-e', "console.log('x')"], 'out')
  assert.equal(control.code, 0, 'console.log hears it')
  const loud = await unheard(['-e', "process.stdout.write('x')"], 'out')
  assert.match(loud.said, /EPIPE/, 'control: who does not hear it ends with a stack')
})

test('the help has examples, what the verdicts mean, and exit codes', async () => {
  for (const [name, words] of [
    ['doctor', [/holdfast doctor 12345 --every 30s/, /^LEAK /m, /^SUSPECT /m, /^NOTHING FOUND /m, /oldest first/]],
    ['soak', [/holdfast soak ws:.* --pid 12345/, /^LEAK /m, /^PLATEAU /m, /^COULD NOT TELL /m]],
  ] as const) {
    const { code, out } = await holdfast([name, '--help'])
    assert.equal(code, 0)
    for (const word of [...words, /^Exit code 0: .* 1: .* 2: /m, /Linux only/]) assert.match(out, word)
  }
  assert.match((await holdfast(['docter'])).errors, /no command "docter"; did you mean doctor\?/)
  assert.doesNotMatch((await holdfast(['serve'])).errors, /did you mean/)
})

test('what is no admin port of Holdfast is told in words, and not by its page', async (t) => {
  for (const [status, type, body, words] of [
    [
      404,
      'text/html; charset=utf-8',
      '<!DOCTYPE html><pre>Cannot GET</pre>',
      /it answered 404 and HTML\); for another/,
    ],
    [200, 'text/html', '<h1>hello</h1>', /it answered 200 and HTML\); for another server give its process id/],
    [404, 'text/plain', 'no', /it answered 404\); for another server/],
    [200, 'application/json', 'no', /it answered 200 and no JSON\); for another server give its process id/],
    [500, 'text/plain', 'out of order', /answers 500: out of order/],
  ] as const) {
    const server = createServer((_, response) => void response.writeHead(status, { 'Content-Type': type }).end(body))
    t.after(() => server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { code, errors } = await holdfast(['doctor', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`])
    assert.equal(code, 2)
    assert.match(errors, words)
    assert.doesNotMatch(errors, /<|\n./)
  }
})
