/**
 * deploy/haproxy: a valid configuration, and what it promises about a server that drains, in front of real servers.
 * Needs: haproxy
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findHaproxy } from '../../peers/programs.js'
import { until } from '../../support/deadline.ts'
import {
  type Backend,
  beginToEnd,
  come,
  comeToBoth,
  deployFile,
  deployPath,
  freePort,
  lastWord,
  startBackend,
  startFront,
} from './front.ts'

const HAPROXY = findHaproxy() ?? ''

function check(path: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(HAPROXY, ['-c', '-f', path], { encoding: 'utf8', timeout: 30_000 })
  return { status, said: stdout + stderr }
}

test('haproxy.cfg is valid, without a warning; a wrong one is not', async (t) => {
  const { status, said } = check(deployPath('haproxy/haproxy.cfg'))
  assert.equal(status, 0, said)
  assert.doesNotMatch(said, /WARNING|ALERT/)
  const wrong = join(tmpdir(), `holdfast-wrong-${process.pid}.cfg`)
  writeFileSync(wrong, deployFile('haproxy/haproxy.cfg').replace('timeout tunnel', 'timeout tunel'))
  t.after(() => rmSync(wrong))
  assert.equal(check(wrong).status, 1)
})

/** The file, with other addresses, and with what `change` does to it. */
async function start(
  t: TestContext,
  change: (text: string) => string,
): Promise<{ url: string; one: Backend; two: Backend }> {
  const [one, two] = [await startBackend(t, 'one'), await startBackend(t, 'two')]
  const port = await freePort()
  const text = deployFile('haproxy/haproxy.cfg')
    .replace('maxconn 100000', 'maxconn 100')
    .replace('bind :80', `bind 127.0.0.1:${port}`)
    .replace('10.0.0.11:8080', `127.0.0.1:${one.port} port ${one.adminPort}`)
    .replace('10.0.0.12:8080', `127.0.0.1:${two.port} port ${two.adminPort}`)
  await startFront(t, HAPROXY, port, (folder) => {
    writeFileSync(join(folder, 'haproxy.cfg'), change(text))
    return ['-db', '-f', join(folder, 'haproxy.cfg')]
  })
  return { url: `ws://127.0.0.1:${port}/`, one, two }
}

const withoutCheck = (text: string) => text.replace('inter 1s', 'inter 60s')

test('while a server drains its clients stay, and an upgrade that it refuses goes to the other', async (t) => {
  const { url, one } = await start(t, withoutCheck)
  const { client, ended } = await beginToEnd(one, await comeToBoth(t, url))
  const refused = one.server.ledger().refused
  for (let count = 0; count < 5; count++) assert.equal((await come(t, url)).name, 'two')
  assert.ok(one.server.ledger().refused > refused, 'it has been asked first')
  assert.deepEqual(await lastWord(one, client), ['one did work', 1001])
  await ended
})

test('control: without retry-on the client gets the 503', async (t) => {
  const { url, one } = await start(t, (text) => withoutCheck(text).replace(/^ *retry-on.*$/m, ''))
  await beginToEnd(one, await comeToBoth(t, url))
  await assert.rejects(come(t, url), /503/)
})

test('the check on /readyz keeps new clients away from a server that drains', async (t) => {
  const change = (text: string) => text.replace(/^ *retry-on.*$/m, '').replace('inter 1s', 'inter 50ms')
  const { url, one } = await start(t, change)
  const { client, ended } = await beginToEnd(one, await comeToBoth(t, url))
  let names: string[] = []
  await until('new clients come to the other only', () => {
    if (names.length < 5) {
      const asked = names
      come(t, url).then(
        ({ name }) => asked.push(name),
        () => {
          names = []
        },
      )
    }
    return names.length >= 5
  })
  const refused = one.server.ledger().refused
  assert.ok(names.every((name) => name === 'two'))
  for (let count = 0; count < 5; count++) assert.equal((await come(t, url)).name, 'two')
  assert.equal(one.server.ledger().refused, refused, 'it is not asked any more')
  assert.deepEqual(await lastWord(one, client), ['one did work', 1001])
  await ended
})
