/**
 * An nginx in front of a Holdfast server, with the two files of deploy/nginx as they are, in a folder of its own.
 * Owned by one test, which stops it.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findNginx } from '../../peers/programs.js'

const START_DEADLINE_MS = 10_000
const deploy = fileURLToPath(new URL('../../../deploy/nginx/', import.meta.url))

export interface NginxProcess {
  /** ws://127.0.0.1:PORT, without a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

/** `location` holds directives that a site would add, such as its timeouts. */
export async function startNginx(behindPort: number, location = ''): Promise<NginxProcess> {
  const nginx = findNginx()
  assert.ok(nginx, 'nginx (Debian: nginx-light)')
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-nginx-'))
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), configuration(port, behindPort, location))
  const child = spawn(nginx, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')])

  async function stop(): Promise<void> {
    if (child.exitCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilListening(child, port, folder)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `ws://127.0.0.1:${port}`, stop }
}

function configuration(port: number, behindPort: number, location: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid nginx.pid;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  ${paths.join(' ')}
  include ${deploy}holdfast-http.conf;
  upstream holdfast { server 127.0.0.1:${behindPort}; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://holdfast;
      include ${deploy}holdfast.conf;
      ${location}
    }
  }
}
`
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** nginx tells nobody when it listens; so it is asked, until it answers, ends or the deadline passes. */
async function untilListening(child: ChildProcess, port: number, folder: string): Promise<void> {
  const until = Date.now() + START_DEADLINE_MS
  while (Date.now() < until && child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return
    await wait(20)
  }
  throw new Error(`nginx did not start: ${readFileSync(join(folder, 'error.log'), 'utf8')}`)
}
