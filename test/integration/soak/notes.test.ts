/**
 * What has to be read beside the verdict of a soak: that the process is not the one that listens, that only pings were sent. And what is
 * refused before anything is sent.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { holdfast } from '../../support/command-line.ts'
import { nodeTarget, soaked, started } from '../../support/soak-targets.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-notes-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const messages = join(folder, 'hello.txt')
writeFileSync(messages, 'hello\n')

const SHORT = '--settle 0ms --warmup 1 --rounds 5 --connections 5 --tolerance 100000'.split(' ')
const PING = 'each connection only sent a ping; if yours begin with a message, give --messages FILE'
const IDLE = 'console.log(1); setInterval(() => {}, 1000)'

describe('beside the verdict', { concurrency: 2 }, () => {
  test('a process that does not listen there is told, with the one that does: as text, as JSON, on the page', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['repaired'])
    const idle = await started(t, process.execPath, ['--inspect-port=0', '-e', IDLE])
    const url = `ws://localhost:${port}/`
    const note = `process ${idle.pid} does not listen on port ${port}: process ${pid} (node) does`
    const page = join(folder, 'page.html')
    const flags = [...SHORT, '--pid', String(idle.pid), '--html', page]
    const { out } = await holdfast(['soak', url, ...flags], {}, 120_000)
    const lines = out.split('\n')
    assert.equal(lines[1], `  note: ${note}`, out)
    assert.equal(lines[2], `  note: ${PING}`)
    assert.match(out, /30 connections in 6 rounds, 1 of them to warm up; \d+ s; watched/)
    assert.ok(readFileSync(page, 'utf8').includes(`<li>${note}</li>`))
    const { report } = await soaked(url, ['--pid', String(idle.pid)], SHORT)
    assert.deepEqual(report.notes, [note, PING])
    const right = await soaked(url, ['--pid', String(pid), '--messages', messages], SHORT)
    assert.deepEqual(right.report.notes, [], 'control: there is nothing to be said')
  })

  test('--why wants a Node process, and says so before anything is sent', async (t) => {
    const other = await started(t, '/bin/sh', ['-c', 'echo 1; exec sleep 60'])
    for (const [flags, words] of [
      [['--pid', String(other.pid)], /runs .*sleep.*; wanted Node's own executable/],
      [['--pprof', 'http://127.0.0.1:1'], /--why wants --pid PID of a Node process/],
    ] as const) {
      const { code, errors } = await holdfast(['soak', 'ws://127.0.0.1:1/', '--why', ...flags])
      assert.equal(code, 2)
      assert.equal(errors.trim().split('\n').length, 1, errors)
      assert.match(errors, words)
    }
    const control = await holdfast(['soak', 'ws://127.0.0.1:1/', '--pid', String(other.pid)])
    assert.match(control.errors, /ECONNREFUSED/, 'control: without --why it is asked')
  })

  test('a server that answers where there is no WebSocket: is the path right?', async (t) => {
    for (const [status, words] of [
      [400, /times 400 .*; is \/wrong the right path\?/],
      [404, /times 404 .*; is \/wrong the right path\?/],
      [503, /times 503 .*; it is full/],
    ] as const) {
      const server = createServer((_, response) => void response.writeHead(status).end('no'))
      t.after(() => server.close())
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const url = `ws://127.0.0.1:${port}/wrong?x=1`
      const { code, errors } = await holdfast(['soak', url, ...SHORT, '--pid', String(process.pid), '--rss-only'])
      assert.equal(code, 2)
      assert.match(errors, words)
    }
  })
})
