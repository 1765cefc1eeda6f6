/**
 * The console of `holdfast run`, in headless Chromium: a reload from the page moves the connections, and what it shows of both workers is what they and their
 * supervisor say.
 * Needs: chromium
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Browser } from 'playwright-core'
import WebSocket from 'ws'
import { ask } from '../../support/admin-client.ts'
import { within } from '../../support/deadline.ts'
import { AppFolder, ECHO, PATIENCE_MS, supervise } from '../../support/supervised.ts'
import { launchBrowser } from '../peers/browser.ts'
import { numbersOn, openLive } from './page.ts'

const CLIENTS = 40
const LEAVING = 5
let browser: Browser

before(async () => {
  browser = await launchBrowser()
})
after(() => browser.close())

test('a reload from the page moves all connections, and the page says so', async (t) => {
  const app = new AppFolder(t).write(ECHO)
  const supervised = await supervise(t, app, { flags: ['--workers', '2'] })
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = new WebSocket(`ws://127.0.0.1:${supervised.port}/`)
      t.after(() => client.terminate())
      await within('a client to connect', once(client, 'open'), PATIENCE_MS)
      return client
    }),
  )
  const { page, problems } = await openLive(t, browser, supervised.adminPort)
  page.setDefaultTimeout(PATIENCE_MS * 2)
  await page.locator('[data-figure=open]', { hasText: String(CLIENTS) }).waitFor()
  // Some end before the reload, and are known after it.
  for (let count = 0; count < LEAVING; count++) {
    const leaver = new WebSocket(`ws://127.0.0.1:${supervised.port}/`)
    t.after(() => leaver.terminate())
    await within('one to connect', once(leaver, 'open'), PATIENCE_MS)
    leaver.close(4001)
    await within('it to leave', once(leaver, 'close'), PATIENCE_MS)
  }
  const leavers = page.locator('#endings [data-name="4001"] td').first()
  await page.locator('#endings [data-name="4001"]', { hasText: String(LEAVING) }).waitFor()
  assert.equal(await leavers.textContent(), String(LEAVING))
  await page.locator('[data-action=reload]').click()
  await page.getByRole('dialog').getByText(`${CLIENTS} connections move`).waitFor()
  assert.equal(supervised.all('progress').length, 0, 'to be asked is not to be reloaded')
  await page.locator('[data-confirm=reload]').click()
  await page.locator('[data-notice]', { hasText: `Reloaded: ${CLIENTS} connections moved.` }).waitFor()
  await page.locator('[data-reload="2"]').waitFor()
  await page.locator('#rollout .list li').nth(1).waitFor()
  assert.ok(
    clients.every(({ readyState }) => readyState === WebSocket.OPEN),
    'nobody has noticed',
  )
  await page.locator('[data-ledger=moved]', { hasText: String(CLIENTS) }).waitFor()
  const wanted = async () => {
    const { totals, connections } = JSON.parse((await ask(supervised.adminPort, '/status')).body)
    const counters = ['accepted', 'adopted', 'moved', 'closed', 'messagesReceived'].map((name) => [
      name,
      totals[name] ?? 0,
    ])
    return { ...Object.fromEntries(counters), open: connections, 'figure open': connections, '/ open': connections }
  }
  // What workers tell their supervisor, and what it tells the page, is a second old at most: nothing happens any more.
  const latest = Date.now() + PATIENCE_MS
  for (;;) {
    const [shown, told] = [await numbersOn(page), await wanted()]
    const seen = Object.fromEntries(Object.keys(told).map((name) => [name, shown[name]]))
    if (isDeepStrictEqual(seen, told) || Date.now() > latest) {
      assert.deepEqual(seen, told)
      assert.equal(told.open, CLIENTS)
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  assert.match(String(await page.locator('#workers').textContent()), /serving gen 2/)
  // Those that counted them have gone.
  await page.locator('#workers', { hasNotText: /gen 1/ }).waitFor()
  assert.equal(await leavers.textContent(), String(LEAVING))
  assert.equal((await numbersOn(page))['ended peer'], LEAVING)
  assert.deepEqual(problems, [])
})
