/**
 * deploy/nginx/several-servers.conf: valid, and an upgrade that a draining server refuses goes to the other.
 * Needs: nginx
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findNginx } from '../../peers/programs.js'
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

const NGINX = findNginx() ?? ''
const FILE = 'nginx/several-servers.conf'

/** A whole configuration around the file. */
function around(site: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  ${paths.join(' ')}
  include ${deployPath('nginx/holdfast-http.conf')};
  ${site.replace('/etc/nginx/holdfast.conf', deployPath('nginx/holdfast.conf'))}
}
`
}

function argsFor(folder: string, site: string): string[] {
  writeFileSync(join(folder, 'nginx.conf'), around(site))
  return ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]
}

test('nginx -t accepts the file, and not a wrong one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-nginx-t-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const check = (site: string) => {
    const { status, stderr } = spawnSync(NGINX, ['-t', ...argsFor(folder, site)], { encoding: 'utf8', timeout: 30_000 })
    return { status, stderr }
  }
  const { status, stderr } = check(deployFile(FILE))
  assert.equal(status, 0, stderr)
  assert.equal(check(deployFile(FILE).replace('http_503', 'http_5O3')).status, 1)
})

async function start(t: TestContext, change: (text: string) => string): Promise<{ url: string; one: Backend }> {
  const [one, two] = [await startBackend(t, 'one'), await startBackend(t, 'two')]
  const port = await freePort()
  const site = deployFile(FILE)
    .replace('10.0.0.11:8080', `127.0.0.1:${one.port}`)
    .replace('10.0.0.12:8080', `127.0.0.1:${two.port}`)
    .replace('listen 80', `listen 127.0.0.1:${port}`)
  await startFront(t, NGINX, port, (folder) => argsFor(folder, change(site)))
  return { url: `ws://127.0.0.1:${port}/`, one }
}

test('while a server drains its clients stay, and an upgrade that it refuses goes to the other', async (t) => {
  const { url, one } = await start(t, (text) => text)
  const { client, ended } = await beginToEnd(one, await comeToBoth(t, url))
  const refused = one.server.ledger().refused
  for (let count = 0; count < 5; count++) assert.equal((await come(t, url)).name, 'two')
  assert.ok(one.server.ledger().refused > refused, 'it has been asked first')
  assert.deepEqual(await lastWord(one, client), ['one did work', 1001])
  await ended
})

test('control: without proxy_next_upstream http_503 the client gets it', async (t) => {
  const { url, one } = await start(t, (text) => text.replace(' http_503', ''))
  await beginToEnd(one, await comeToBoth(t, url))
  await assert.rejects(come(t, url), /503/)
})
