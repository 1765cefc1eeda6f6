/**
 * The console says how it is with its server: whether what it shows is live, stale, or of a server that has gone or does not let it watch, and what came of
 * what it was told to do. In headless Chromium, of ports that do what they should and of some that do not.
 * Needs: chromium
 */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type AdminRoute, admin, answer, openAdmin } from '../../../src/ops/index.ts'
import { consoleRoutes } from '../../../src/ops/live/console-pages.ts'
import type { Look } from '../../../src/ops/live/wire.ts'
import { ask } from '../../support/admin-client.ts'
import { deferred, within } from '../../support/deadline.ts'
import { serve } from '../../support/serving.ts'
import { launchBrowser } from '../peers/browser.ts'
import { openLive, openPage } from './page.ts'
import { watch } from './viewer.ts'

/** Nobody is pinged, nor ended. */
const QUIET = { keepaliveIntervalMs: 600_000, idleTimeoutMs: 3_600_000 }
let browser: Browser

before(async () => {
  browser = await launchBrowser()
})
after(() => browser.close())

test('says when it is not live any more, and comes back', async (t) => {
  const server = await serve(t, { ...QUIET, route: {} })
  let at = await admin(server, { port: 0 })
  const { page } = await openLive(t, browser, at.port)
  await within('the port to close', at.close())
  await page.locator('[data-phase=gone]', { hasText: /Server gone since \d\d:\d\d:\d\d/ }).waitFor()
  assert.equal(await page.locator('[data-figure=open]').count(), 1, 'what was seen last stays')
  at = await admin(server, { port: at.port })
  await page.locator('[data-phase=live]').waitFor()
})

test('says that nothing has come yet, and that nothing comes any more', async (t) => {
  const look = await sampleLook(t)
  const waiting: ((look: Look) => void)[] = []
  const live = {
    hello: () => Promise.resolve({ ...HELLO, mode: 'server' as const }),
    look: () => new Promise<Look>((resolve) => waiting.push(resolve)),
  }
  const stuck = await openAdmin({ port: 0, routes: consoleRoutes() }, { live })
  t.after(() => stuck.close())
  const { page } = await openPage(t, browser, stuck.port)
  await page.getByRole('heading', { name: 'No data yet' }).waitFor()
  waiting.shift()?.(look)
  await page.locator('[data-phase=live]').waitFor()
  await page.locator('[data-phase=stale]', { hasText: /Stale since \d\d:\d\d:\d\d/ }).waitFor()
})

test('says that a process is stuck, also when it has never said anything', async (t) => {
  const { page, asked } = await openSilent(t, false)
  await page.locator('[data-phase=stale]', { hasText: /Stale since \d\d:\d\d:\d\d/ }).waitFor()
  await page.getByText('nothing has come so far').waitFor()
  assert.equal(asked(), 1)
})

test('does not wait for ever for a connection that says nothing', async (t) => {
  const { page, asked } = await openSilent(t, true)
  await page.locator('[data-phase=live]').waitFor()
  assert.ok(asked() >= 2, 'it has asked by another connection')
})

/** A page that is told nothing; by its second connection it is, when `later`. */
async function openSilent(t: TestContext, later: boolean) {
  const look = await sampleLook(t)
  const waiting = deferred<Look>()
  let hellos = 0
  const live = {
    hello() {
      if (++hellos > 1 && later) waiting.resolve(look)
      return Promise.resolve({ ...HELLO, mode: 'server' as const })
    },
    look: () => waiting.promise,
  }
  const silent = await openAdmin({ port: 0, routes: consoleRoutes() }, { live })
  t.after(() => silent.close())
  const { page } = await openPage(t, browser, silent.port)
  return { page, asked: () => hellos }
}

const HELLO = { holdfast: '1', node: 'v1', handlerSeconds: [], lastHour: [] }

async function sampleLook(t: TestContext): Promise<Look> {
  const server = await serve(t)
  const { port } = await admin(server, { port: 0 })
  const sample = JSON.parse((await ask(port, '/debug/look')).body).look
  const point = { at: Date.now(), open: 0, accepted: 0, loopP99Ms: null, retained: null, accounts: null }
  const processes = [{ slot: null, look: sample, problem: null }]
  return { kind: 'look', point, processes, supervisor: null, tookMs: 0 } as unknown as Look
}

test('what came of a drain or a reload is told as it was', async (t) => {
  const look = await sampleLook(t)
  const said: Record<string, readonly object[]> = {}
  const saying = (path: string): AdminRoute => ({
    ...{ method: 'POST', path },
    handler: () =>
      answer.lines(
        (async function* () {
          yield* said[path] ?? []
        })(),
      ),
  })
  const live = {
    hello: () => Promise.resolve({ ...HELLO, mode: 'supervisor' as const }),
    look: () => Promise.resolve(look),
  }
  const routes = [...consoleRoutes(), saying('/drain'), saying('/reload')]
  const pretended = await openAdmin({ port: 0, routes }, { live })
  t.after(() => pretended.close())
  const { page } = await openLive(t, browser, pretended.port)
  const cases: readonly (readonly [string, readonly object[], string])[] = [
    [
      'drain',
      [{ connections: 1 }, { ended: { failed: true, reason: 'it was killed' } }],
      'The drain failed: it was killed',
    ],
    ['drain', [{ connections: 1 }], 'The server has gone before it said that it was done.'],
    ['drain', [{ connections: 1 }, { ended: { failed: false, reason: 'drained' } }], 'Drained.'],
    ['reload', [{ progress: null }, { error: { message: 'no such file' } }], 'The reload failed: no such file'],
    ['reload', [{ progress: null }], 'The server has gone before it said that it was done.'],
    ['reload', [{ report: { moved: 3, drained: { total: 2 } } }], 'Reloaded: 3 connections moved, 2 others drained.'],
  ]
  for (const [name, lines, outcome] of cases) {
    said[`/${name}`] = lines
    await page.locator(`[data-action=${name}]:enabled`).click()
    await page.locator(`[data-confirm=${name}]`).click()
    await page.locator('[data-notice]', { hasText: outcome }).waitFor()
    await page.getByRole('button', { name: 'Put the notice away' }).click()
  }
})

test('says when it may not watch although the server answers, and watches when it may', async (t) => {
  const server = await serve(t, { ...QUIET, route: {} })
  const { port } = await admin(server, { port: 0 })
  const viewers = await Promise.all(Array.from({ length: 16 }, () => watch(t, port)))
  const { page } = await openPage(t, browser, port)
  await page.locator('[data-phase=refused]', { hasText: /Not let in since \d\d:\d\d:\d\d/ }).waitFor()
  await page.getByRole('heading', { name: 'does not let this page watch' }).waitFor()
  viewers[0]?.socket.close()
  await page.locator('[data-phase=live]').waitFor()
})
