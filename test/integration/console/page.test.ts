/**
 * The console of a server in its own process, in headless Chromium: its numbers are those of the ledger, it is usable by keyboard, on a narrow screen, in
 * light and dark, and with a token.
 * Needs: chromium
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import type { Server } from '../../../src/index.ts'
import { admin } from '../../../src/ops/index.ts'
import { ask } from '../../support/admin-client.ts'
import { until } from '../../support/deadline.ts'
import { openRaw, type RawClient } from '../../support/raw-client.ts'
import { makeServer, serve } from '../../support/serving.ts'
import { launchBrowser } from '../peers/browser.ts'
import { numbersOn, openLive, openPage, STEP_MS, seriousFaults } from './page.ts'

const TOKEN = 'a-token-of-some-length'
/** Nobody is pinged while numbers are compared, nor ended. */
const QUIET = { keepaliveIntervalMs: 600_000, idleTimeoutMs: 3_600_000 }
const COUNTERS = [
  ...([
    'upgrades',
    'opening',
    'refused',
    'failed',
    'accepted',
    'adopted',
    'open',
    'draining',
    'closing',
    'moving',
  ] as const),
  ...(['moved', 'closed', 'messagesReceived', 'messagesSent', 'messagesDropped', 'messagesDiscarded'] as const),
  ...(['openHooks', 'closeHooks', 'sockets'] as const),
]
/** A route without a place where a line could be broken. */
const LONG = `/${'aRouteWithANameThatGoesOn'.repeat(6)}`
let browser: Browser

before(async () => {
  browser = await launchBrowser()
})
after(() => browser.close())

/** What the page has to show, as the server itself says it. */
function wantedOf(server: Server): Readonly<Record<string, number>> {
  const ledger = server.ledger()
  const wanted: Record<string, number> = { 'figure open': ledger.open }
  for (const name of COUNTERS) wanted[name] = ledger[name]
  for (const [route, counts] of Object.entries(ledger.routes)) wanted[`${route} open`] = counts.open
  for (const [code, count] of Object.entries(ledger.endingsByCode)) wanted[`ended ${code}`] = count
  return wanted
}

function differences(shown: Readonly<Record<string, number>>, wanted: Readonly<Record<string, number>>): string[] {
  return Object.entries(wanted).flatMap(([name, value]) =>
    shown[name] === value ? [] : [`${name} is ${value}, the page shows ${shown[name]}`],
  )
}

/** What differs when the page has had time to be told; nothing happens on the server meanwhile. */
async function differencesOn(page: Page, server: Server): Promise<string[]> {
  const latest = Date.now() + STEP_MS
  for (;;) {
    const found = differences(await numbersOn(page), wantedOf(server))
    if (found.length === 0 || Date.now() > latest) return found
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Of the samples of `/metrics` with that name, the sum. */
async function metric(port: number, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const { body } = await ask(port, '/metrics')
  const lines = body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  const wanted = lines.filter((line) =>
    Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)),
  )
  return wanted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

test('numbers are those of the ledger and of the metrics while 2,000 connections come and go', async (t) => {
  const server = makeServer(t, { ...QUIET, route: { message: (connection, message) => void connection.send(message) } })
  server.route('/other', {})
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = await admin(server, { port: 0 })
  const { page, problems } = await openLive(t, browser, port)
  const clients: RawClient[] = []
  const come = async (count: number): Promise<void> => {
    for (let begun = 0; begun < count; begun += 50) {
      const some = Array.from({ length: 50 }, (_, at) => openRaw(t, server.port, at % 4 === 0 ? '/other' : '/'))
      clients.push(...(await Promise.all(some)))
    }
  }
  const go = async (count: number): Promise<void> => {
    const left = server.connections.size - count
    for (const client of clients.splice(0, count)) client.destroy()
    await until('they have gone', () => server.ledger().sockets === left, STEP_MS)
  }
  const moments: (() => Promise<void>)[] = [() => come(2_000), () => go(1_250), () => come(300)]
  let before = wantedOf(server)
  for (const moment of moments) {
    await moment()
    for (const client of clients.slice(-20)) client.text('hello')
    await until(
      'they have been answered',
      () => server.ledger().messagesSent > (before.messagesSent ?? 0) + 10,
      STEP_MS,
    )
    assert.deepEqual(await differencesOn(page, server), [])
    const shown = await numbersOn(page)
    assert.notDeepEqual(differences(shown, before), [], 'the control: it is seen when they differ')
    assert.equal(await metric(port, 'holdfast_connections', { state: 'open' }), shown.open)
    assert.equal(await metric(port, 'holdfast_connections_opened_total'), shown.accepted)
    assert.equal(await metric(port, 'holdfast_messages_received_total'), shown.messagesReceived)
    before = wantedOf(server)
  }
  assert.deepEqual([before.open, before.accepted, before['/other open'] === 0], [1_050, 2_300, false])
  // The table is given a page at a time.
  const rows = page.locator('#connections tbody tr')
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.locator('[data-matching]', { hasText: '1,050' }).waitFor()
  assert.equal(await rows.count(), 25)
  await page.getByRole('button', { name: 'Older' }).click()
  await page.getByText('26–50 of').waitFor()
  const [{ id } = { id: '' }] = [...server.connections]
  await page.getByLabel('Search').fill(id)
  await page.locator('[data-matching]').waitFor({ state: 'detached' })
  assert.equal(await rows.count(), 1)
  await page.getByRole('button', { name: id }).click()
  await page.locator('.timeline').getByText('opened').waitFor()
  assert.deepEqual(problems, [])
})

test('a drain is asked for twice, by keyboard alone', async (t) => {
  const server = await serve(t, { ...QUIET, drainWindowMs: 100 })
  server.route('/a', {})
  const { port } = await admin(server, { port: 0 })
  for (let count = 0; count < 5; count++) await openRaw(t, server.port, '/a')
  const { page, problems } = await openLive(t, browser, port)
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
  const tabTo = async (text: string): Promise<void> => {
    for (let steps = 0; (await focused()) !== text; steps++) {
      assert.ok(steps < 60, `the keyboard does not reach "${text}"`)
      await page.keyboard.press('Tab')
    }
  }
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Skip to the connections', 'the first stop leads past the rest')
  await tabTo('Drain…')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByText('5 connections will be ended').waitFor()
  assert.equal(await focused(), 'Cancel')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.deepEqual([await focused(), server.ready], ['Drain…', true])
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Drain now')
  assert.equal(server.ready, true, 'to be asked is not to be drained')
  await page.keyboard.press('Enter')
  await page.locator('[data-notice]', { hasText: 'Drained: 5 connections.' }).waitFor()
  await page.locator('[data-drain=done]', { hasText: '5 connections' }).waitFor()
  assert.deepEqual([server.ready, server.ledger().open, server.ledger().endingsByReason.drained], [false, 0, 5])
  assert.deepEqual(problems, [])
})

test('every stop of the keyboard can be seen', async (t) => {
  const server = await serve(t, { ...QUIET, route: {} })
  const { port } = await admin(server, { port: 0 })
  await openRaw(t, server.port)
  const { page } = await openLive(t, browser, port)
  await page.locator('button.row').waitFor()
  await page.locator('.plot').nth(2).waitFor()
  const stops: string[] = []
  for (let steps = 0; steps < 60; steps++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const { activeElement } = document
      if (activeElement === null || activeElement === document.body) return null
      const { outlineStyle, outlineWidth } = getComputedStyle(activeElement)
      return {
        name: activeElement.textContent ?? '',
        visible: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
      }
    })
    if (stop === null) break
    stops.push(stop.name)
    assert.equal(stop.visible, true, stop.name)
  }
  for (const name of ['Drain…', 'Collect garbage…', 'CPU profile…', 'As numbers', 'Refresh']) {
    assert.ok(stops.includes(name), `the keyboard comes by "${name}"; it came by ${stops.length} stops`)
  }
})

function widthOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth)
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds no serious fault in the ${colorScheme}, wide, narrow and in a dialog`, async (t) => {
    const server = await serve(t, { ...QUIET, route: {} })
    const { port } = await admin(server, { port: 0 })
    server.route(LONG, { message: () => new Promise(() => {}) })
    for (let count = 0; count < 40; count++) await openRaw(t, server.port)
    ;(await openRaw(t, server.port, LONG)).text('this takes long')
    ;(await openRaw(t, server.port)).destroy()
    const { page, problems } = await openLive(t, browser, port, { colorScheme })
    await page.locator('.plot').nth(2).waitFor()
    await page.locator('button.row').first().click()
    await page.locator('.timeline').waitFor()
    await page.locator('#handlers').getByText(LONG).waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    assert.ok((await widthOf(page)) <= 1280, 'nothing sticks out sideways')
    await page.setViewportSize({ width: 360, height: 780 })
    assert.deepEqual(await seriousFaults(page), [])
    const text = await page.evaluate(() =>
      [...document.querySelectorAll('.plot')].map((plot) => plot.getAttribute('aria-label')),
    )
    assert.ok((await widthOf(page)) <= 360, `nothing sticks out sideways: ${await widthOf(page)}`)
    assert.ok(text.length >= 3 && text.every((alt) => /now, from .* to /.test(alt ?? '')), text.join('; '))
    await page.locator('[data-action=collect]').click()
    await page.getByRole('dialog').waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    await page.locator('[data-confirm=collect]').click()
    await page.locator('[data-notice]', { hasText: 'Collected in' }).waitFor()
    assert.deepEqual(await seriousFaults(page), [])
    await page.evaluate(() => document.querySelector('main')?.append(document.createElement('button')))
    assert.equal((await seriousFaults(page)).length, 1, 'the control: it finds a button without a name')
    assert.deepEqual(problems, [])
  })
}

test('a profile is asked for twice, and comes as a file', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0 })
  const { page, problems } = await openLive(t, browser, port)
  const asked: string[] = []
  const profiles = (): number => asked.filter((url) => url.includes('/debug/pprof/profile')).length
  page.on('request', (request) => asked.push(request.url()))
  const button = page.locator('[data-action=profile]')
  await button.click()
  await page.getByRole('dialog').getByText('For 10 seconds the thread is interrupted').waitFor()
  assert.equal(profiles(), 0, 'to be asked is not to take one')
  const downloaded = page.waitForEvent('download')
  await page.locator('[data-confirm=profile]').click()
  await page.locator('[data-notice]', { hasText: 'CPU profile: under way.' }).waitFor()
  assert.equal(await button.isDisabled(), true)
  const download = await downloaded
  assert.equal(download.suggestedFilename(), 'holdfast.pprof')
  // A profile of pprof is compressed, and names what it counts.
  assert.match(gunzipSync(readFileSync(await download.path())).toString('latin1'), /cpu.*nanoseconds/s)
  await page.locator('[data-notice]', { hasText: 'The profile is in your downloads, as holdfast.pprof.' }).waitFor()
  assert.deepEqual([profiles(), await button.isDisabled()], [1, false])
  assert.deepEqual(problems, [])
})

test('opened with the token in its URL, as some do, it works, and the token is in nothing that it asks for', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0, token: TOKEN })
  await openRaw(t, server.port)
  const context = await browser.newContext()
  t.after(() => context.close())
  context.setDefaultTimeout(STEP_MS)
  const page = await context.newPage()
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('websocket', (socket) => asked.push(socket.url()))
  await page.goto(`http://anybody:${TOKEN}@127.0.0.1:${port}/`)
  await page.locator('button.row').waitFor()
  await page.locator('[data-action=collect]').click()
  await page.locator('[data-confirm=collect]').click()
  await page.locator('[data-notice]', { hasText: 'Collected in' }).waitFor()
  // What it asks for by itself; for its files the browser knows better.
  const own = asked.filter((url) => /\/debug\/|\/live$/.test(url))
  assert.ok(own.length >= 3 && own.every((url) => !url.includes(TOKEN)), own.join(' '))
})

test('where there is a token, the browser asks for it once, and the live channel has it too', async (t) => {
  const server = await serve(t, { route: {} })
  const { port } = await admin(server, { port: 0, token: TOKEN })
  const { page, problems } = await openLive(t, browser, port, {
    httpCredentials: { username: 'anybody', password: TOKEN },
  })
  await page.locator('[data-action=collect]').click()
  await page.locator('[data-confirm=collect]').click()
  await page.locator('[data-notice]', { hasText: 'Collected in' }).waitFor()
  assert.deepEqual(problems, [])
  const stranger = await openPage(t, browser, port).catch((thrown: Error) => thrown)
  if (!(stranger instanceof Error)) assert.equal(await stranger.page.locator('[data-phase]').count(), 0)
})
