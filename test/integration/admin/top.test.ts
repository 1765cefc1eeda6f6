/** `holdfast top` and `holdfast status` of a supervisor with workers and of a server in a process of its own: real processes, a real terminal. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { admin } from '../../../src/ops/index.ts'
import { ask } from '../../support/admin-client.ts'
import { holdfast } from '../../support/command-line.ts'
import { until, within } from '../../support/deadline.ts'
import { NumberedPeers } from '../../support/numbered-peers.ts'
import { makeServer } from '../../support/serving.ts'
import { AppFolder, ECHO, MAIN, PATIENCE_MS, supervise } from '../../support/supervised.ts'
import { openWs } from '../peers/ws-client.ts'

test('top --once of a supervisor with two workers: all of them, all connections, by route', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO), { flags: ['--workers', '2'] })
  const admin = `127.0.0.1:${run.adminPort}`
  const peers = await NumberedPeers.open(t, run.port, 40)
  peers.begin(200)
  // Workers tell how many they have once a second.
  const latest = Date.now() + PATIENCE_MS
  while (JSON.parse((await ask(run.adminPort, '/status')).body).connections < 40) {
    assert.ok(Date.now() < latest, 'the workers say how many they have')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { code, out, errors } = await holdfast(['top', '--once', '--admin', admin], { COLUMNS: '130' })
  assert.deepEqual([code, errors], [0, ''])
  assert.match(out, /^serving on 127\.0\.0\.1 port \d+, version 1, up \d+s \(holdfast \d/)
  assert.match(out, /^40 connections {3}arrivals \S+\/s .* messages in [\d,.]+\/s/m)
  assert.match(out, /^0 +\d+ +1 +serving .* MiB +\d+ % +\d+ ms +\d+ %/m)
  assert.match(out, /^1 +\d+ +1 +serving/m)
  assert.match(out, /^\/ +40 +0 +0 +0 +0$/m)
  assert.ok(!out.includes('\x1b'), 'no colours where there is no terminal')

  const json = await holdfast(['top', '--once', '--json', '--admin', admin])
  const { connections, processes, routes, rates } = JSON.parse(json.out)
  assert.deepEqual([connections, processes.length, routes[0].route, routes[0].open], [40, 2, '/', 40])
  assert.ok(rates.messagesReceived > 0)
  peers.end()

  const wrong = await holdfast(['top', '--once', '--every', '1ms', '--admin', admin])
  assert.deepEqual([wrong.code, /at least 100ms/.test(wrong.errors)], [2, true])
})

test('top and status of a server in a process of its own, ready and not', async (t) => {
  const server = makeServer(t, { drainTimeoutMs: 30_000, drainWindowMs: 0, route: {} })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port: adminPort } = await admin(server, { port: 0 })
  const where = ['--admin', `127.0.0.1:${adminPort}`]
  const socket = await openWs(`ws://127.0.0.1:${server.port}/`)
  t.after(() => socket.terminate())

  const top = await holdfast(['top', '--once', ...where])
  assert.equal(top.code, 0, top.errors)
  assert.match(top.out, /^serving, up \d+s/)
  assert.match(top.out, /^1 connection /m)
  assert.match(top.out, new RegExp(`^– +${process.pid} .*serving`, 'm'))

  const status = await holdfast(['status', ...where])
  assert.equal(status.code, 0, status.errors)
  assert.match(status.out, /^serving, 1 connection, up \d+s \(holdfast .*, Node v/)
  assert.match(status.out, /^accepted 1, closed 0, refused 0, failed 0; messages 0 in, /m)
  assert.equal(JSON.parse((await holdfast(['status', '--json', ...where])).out).ledger.accepted, 1)

  const reload = await holdfast(['reload', ...where])
  assert.deepEqual([reload.code, reload.out], [2, ''])
  assert.match(reload.errors, /answers 404: .*; a reload needs a supervisor: start the app with holdfast run\n$/)

  await server.drain()
  const drained = await holdfast(['status', ...where])
  assert.deepEqual([drained.code, drained.out.split(',')[0]], [1, 'not ready'])
  assert.equal((await holdfast(['top', '--once', ...where])).code, 1)
})

test('top in a terminal: frames, colours unless they are not wanted, space, q; the terminal is as before', async (t) => {
  const server = makeServer(t)
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = await admin(server, { port: 0 })
  for (const NO_COLOR of ['', '1']) {
    const command = `stty rows 12 cols 60; ${process.execPath} ${MAIN} top --every 100ms --admin 127.0.0.1:${port}`
    // Of Debian's bsdutils, which is everywhere: a terminal around a program.
    const child = spawn('script', ['-qfec', command, '/dev/null'], { env: { ...process.env, NO_COLOR, TERM: 'xterm' } })
    t.after(() => child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    let seen = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk
    })
    const frames = (): number => seen.split('q: end').length - 1
    await until(`it draws: ${seen}`, () => frames() >= 3, PATIENCE_MS)
    assert.equal(seen.includes('\x1b[2m'), NO_COLOR === '')
    child.stdin.write(' ')
    await until('it stands still', () => seen.includes('stands still; space goes on'), PATIENCE_MS)
    const still = frames()
    child.stdin.write(' ')
    await until('it goes on', () => frames() > still + 1, PATIENCE_MS)
    child.stdin.write('q')
    const [code] = await within('top to end', exited, PATIENCE_MS)
    assert.equal(code, 0)
    assert.ok(seen.includes('\x1b[?1049h') && seen.trimEnd().endsWith('\x1b[?1049l'), 'the other page is left')
  }
})

test('a port that is somebody else’s, or nobody’s, is said to be', async (t) => {
  const server = makeServer(t)
  const { port } = await admin(server, { port: 0 })
  await server.close()
  for (const command of ['top', 'status']) {
    const { code, errors } = await holdfast([command, '--admin', `127.0.0.1:${port}`])
    assert.deepEqual([code, /does not answer: connect ECONNREFUSED/.test(errors)], [2, true])
  }
})
