/**
 * Holdfast beside Express and Fastify, as the examples do it: pages and upgrades on one port.
 * The example is copied next to a node_modules with links to this package and to the framework of test/peers.
 * Needs: peers
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { WebSocket } from 'ws'
import { peersFolder } from '../../peers/programs.js'
import { endOf, openWs } from '../peers/ws-client.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const work = join(root, 'test', '.work')

interface Started {
  readonly port: number
  stop(): Promise<void>
}

/** The example as after its own `npm install`, without the network. */
function install(name: string, framework: string): string {
  mkdirSync(work, { recursive: true })
  const folder = mkdtempSync(join(work, `${name}-`))
  cpSync(join(root, 'examples', name), folder, { recursive: true, filter: (path) => !path.includes('node_modules') })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'holdfast'))
  symlinkSync(join(peersFolder, 'node_modules', framework), join(folder, 'node_modules', framework))
  return folder
}

for (const framework of ['express', 'fastify']) {
  test(`beside ${framework}: pages, upgrades, and news from one to the other`, async (t) => {
    const folder = install(`attach-to-${framework}`, framework)
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const { start } = (await import(pathToFileURL(join(folder, 'main.js')).href)) as {
      start: (port: number) => Promise<Started>
    }
    const app = await start(0)
    let stopped = false
    t.after(() => (stopped ? undefined : app.stop()))
    const url = `http://localhost:${app.port}`

    assert.deepEqual(await (await fetch(`${url}/`)).json(), { members: 0 })
    const reader = await openWs(`ws://localhost:${app.port}/news`)
    assert.deepEqual(await (await fetch(`${url}/`)).json(), { members: 1 })

    const message = once(reader, 'message', { signal: AbortSignal.timeout(10_000) })
    const headers = { 'content-type': 'text/plain' }
    const posted = await fetch(`${url}/news`, { method: 'POST', body: 'rain tomorrow', headers })
    assert.equal(posted.status, 202)
    assert.equal(String((await message)[0]), 'rain tomorrow')

    const lost = new WebSocket(`ws://localhost:${app.port}/elsewhere`)
    const [error] = await once(lost, 'error', { signal: AbortSignal.timeout(10_000) })
    assert.match(String(error), /Unexpected server response: 404/)

    stopped = true
    const ending = await endOf(reader, () => void app.stop())
    assert.equal(ending.code, 1001)
    await assert.rejects(fetch(`${url}/`))
  })
}
