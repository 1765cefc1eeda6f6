/**
 * A proxy in front of two servers, one of which is about to go: for the tests of deploy/nginx and deploy/haproxy, with their
 * configuration as it is but for addresses. Everything belongs to one test and ends with it.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import type { Server } from '../../../src/index.ts'
import { admin } from '../../../src/ops/index.ts'
import { deferred, until, within } from '../../support/deadline.ts'
import { makeServer } from '../../support/serving.ts'
import { openWs } from '../peers/ws-client.ts'

const DEPLOY = fileURLToPath(new URL('../../../deploy/', import.meta.url))

export interface Backend {
  readonly server: Server
  readonly port: number
  readonly adminPort: number
  /** Lets the handler of a message `work` finish. */
  finish(): void
}

export function deployFile(name: string): string {
  return readFileSync(join(DEPLOY, name), 'utf8')
}

export const deployPath = (name: string): string => join(DEPLOY, name)

/** Says its name to whoever comes, and works on `work` until it is told to finish. */
export async function startBackend(t: TestContext, name: string): Promise<Backend> {
  const working = deferred()
  // Before the server is closed, which waits for it.
  t.after(() => working.resolve())
  const server = makeServer(t, {
    drainTimeoutMs: 30_000,
    route: {
      open: (connection) => connection.send(name),
      async message(connection, message) {
        if (message === 'work') await working.promise
        connection.send(`${name} did ${message}`)
      },
    },
  })
  // Beside an HTTP server, which goes on to listen while the WebSockets end: that is how a server drains.
  const httpServer = createHttpServer((_, response) => response.end(name))
  httpServer.listen(0, '127.0.0.1')
  await once(httpServer, 'listening')
  t.after(() => {
    httpServer.close()
    httpServer.closeAllConnections()
  })
  server.attach(httpServer)
  const { port: adminPort } = await admin(server, { port: 0 })
  return { server, port: (httpServer.address() as AddressInfo).port, adminPort, finish: () => working.resolve() }
}

/** Starts a proxy and waits until it listens on `port`. `argsFor` gets a folder for it, which is removed. */
export async function startFront(
  t: TestContext,
  program: string,
  port: number,
  argsFor: (folder: string) => string[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-front-'))
  const child = spawn(program, argsFor(folder), { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-4_000)
    })
  }
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await within(`${program} to end`, exited)
    }
    rmSync(folder, { recursive: true, force: true })
  })
  let listens = false
  const look = (): void => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      listens = true
      socket.destroy()
    })
    socket.on('error', () => socket.destroy())
  }
  await until(`${program} listens`, () => {
    assert.equal(child.exitCode, null, `${program} has ended: ${said}`)
    if (!listens) look()
    return listens
  })
}

export async function freePort(): Promise<number> {
  const probe = createNetServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

export interface Client {
  readonly socket: WebSocket
  /** The server it is with. */
  readonly name: string
}

/** A client that is let in; rejects with the status it got instead. */
export async function come(t: TestContext, url: string): Promise<Client> {
  const socket = new WebSocket(url)
  t.after(() => socket.terminate())
  const said = within('the name of a server', once(socket, 'message'))
  await Promise.all([within('a connection', once(socket, 'open')), said])
  return { socket, name: String((await said)[0]) }
}

/** Two clients with each of the two servers. */
export async function comeToBoth(t: TestContext, url: string): Promise<Client[]> {
  const clients: Client[] = []
  const count = (name: string) => clients.filter((client) => client.name === name).length
  while (count('one') < 2 || count('two') < 2) {
    assert.ok(clients.length < 20, `both get clients: ${clients.map(({ name }) => name)}`)
    clients.push(await come(t, url))
  }
  return clients
}

/** The first server begins to end: it has one client, which it works for, and refuses new ones with 503. */
export async function beginToEnd(
  one: Backend,
  clients: readonly Client[],
): Promise<{ client: Client; ended: Promise<void> }> {
  const client = clients.find(({ name }) => name === 'one') as Client
  client.socket.send('work')
  await until('it works', () => one.server.ledger().messagesReceived === 1)
  const ended = one.server.close()
  await until('its other clients are gone', () => one.server.connections.size === 1)
  await assert.rejects(openWs(`ws://127.0.0.1:${one.port}/`), /503/)
  return { client, ended }
}

/** What the last client of a server that ends gets is what it was worked for, and then the close. */
export async function lastWord(one: Backend, { socket }: Client): Promise<readonly [string, number]> {
  const said = within('the result', once(socket, 'message'))
  const closed = within('the close', once(socket, 'close'))
  one.finish()
  return [String((await said)[0]), (await closed)[0] as number]
}
