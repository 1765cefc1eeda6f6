/**
 * The peer headless Chromium: its WebSocket from a page, and the chat page itself in two tabs.
 * Needs: chromium
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type ExampleProcess, startExample } from '../examples/example-process.ts'
import { launchBrowser } from './browser.ts'
import { visit } from './builtin-client.js'
import { startPeerServer } from './peer-server.ts'
import { expectVisit, WHOLE } from './visit.ts'

const STEP_DEADLINE_MS = 10_000
let browser: Browser

before(async () => {
  browser = await launchBrowser()
})
after(() => browser.close())

for (const deflate of [false, true]) {
  test(`the WebSocket of Chromium, deflate ${deflate ? 'on' : 'off'}`, async (t) => {
    const server = await startPeerServer({ deflate })
    t.after(() => server.stop())
    const page = await browser.newPage()
    t.after(() => page.close())
    await page.goto(server.url.replace('ws:', 'http:'))
    await expectVisit(await page.evaluate(visit, server.url), server, { names: WHOLE, deflate })
  })
}

test('a page of another origin gets no connection', async (t) => {
  const server = await startPeerServer()
  t.after(() => server.stop())
  const foreign = await startPeerServer()
  t.after(() => foreign.stop())
  const page = await browser.newPage()
  t.after(() => page.close())
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(foreign.url.replace('ws:', 'http:'))
  await assert.rejects(page.evaluate(visit, server.url), /could not be opened: 1006/)
  assert.match(said.join('\n'), /Unexpected response code: 403/)
})

async function enter(context: BrowserContext, chat: ExampleProcess, name: string): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(STEP_DEADLINE_MS)
  await page.goto(`http://localhost:${chat.port}/`)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Room').fill('lobby')
  await page.getByRole('button', { name: 'Join' }).click()
  await page.locator('#status[data-state=open]').waitFor()
  return page
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

/** Waits until the list of messages has one with that text. */
async function sees(page: Page, text: string): Promise<void> {
  await page.getByRole('log').getByText(text, { exact: true }).waitFor()
}

test('the chat page in two tabs: join, talk, leave, a server that goes and comes back', async (t) => {
  let chat = await startExample('chat/main.js', ['--port', '0'])
  t.after(() => chat.stop())
  const context = await browser.newContext()
  t.after(() => context.close())
  const problems: string[] = []
  context.on('weberror', (error) => problems.push(String(error.error())))
  context.on('dialog', (dialog) => problems.push(`dialog: ${dialog.message()}`))

  const ada = await enter(context, chat, 'Ada')
  await sees(ada, 'You are in, Ada.')
  const grace = await enter(context, chat, 'Grace')
  await sees(ada, 'Grace came in.')
  await ada.getByText('2 here, you are Ada').waitFor()
  await grace.getByText('2 here, you are Grace').waitFor()
  const people = (page: Page): Promise<string[]> => page.locator('#who .name').allTextContents()
  assert.deepEqual([await people(ada), await people(grace)], Array(2).fill(['Ada', 'Grace']))
  assert.deepEqual(await grace.getByLabel('Here now').locator('.you').locator('..').allTextContents(), ['GGraceyou'])

  await say(ada, 'Good morning 😀')
  await sees(grace, 'Good morning 😀')
  await sees(ada, 'Good morning 😀')
  const markup = '<img src=x onerror=alert(1)>'
  await grace.getByLabel('Message', { exact: true }).fill(markup)
  await grace.keyboard.press('Enter')
  await sees(ada, markup)
  assert.equal(await ada.locator('#messages img').count(), 0)
  assert.equal(await ada.locator('.message.mine').count(), 1)

  // The server goes: the page says how it ended and what it will do; the server comes back: so does the page.
  assert.equal(await chat.stop(), 0)
  for (const page of [ada, grace]) {
    await page
      .getByRole('status')
      .filter({ hasText: 'Closed with 1012 (the server is being replaced). Trying again in' })
      .waitFor()
    assert.ok(await page.getByRole('button', { name: 'Send' }).isDisabled())
  }
  chat = await startExample('chat/main.js', ['--port', String(chat.port)])
  for (const page of [ada, grace]) await page.locator('#status[data-state=open]').waitFor({ timeout: 30_000 })
  await ada.getByText('2 here, you are Ada').waitFor()
  await say(grace, 'Here we are again')
  await sees(ada, 'Here we are again')

  await grace.getByRole('button', { name: 'Leave' }).click()
  await sees(ada, 'Grace left.')
  await ada.getByText('1 here, you are Ada').waitFor()
  assert.deepEqual(await people(ada), ['Ada'])
  await grace.getByRole('button', { name: 'Join' }).waitFor()
  const third = await enter(context, chat, 'Edsger')
  await sees(ada, 'Edsger came in.')
  await third.close()
  await sees(ada, 'Edsger left.')
  assert.deepEqual(problems, [])
})

test('the chat page tells a wrong name at the field, and asks nobody', async (t) => {
  const chat = await startExample('chat/main.js', ['--port', '0'])
  t.after(() => chat.stop())
  const page = await browser.newPage()
  t.after(() => page.close())
  await page.goto(`http://localhost:${chat.port}/?name=%3Cb%3E`)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('alert').filter({ hasText: 'A name has 1 to 24 letters' }).waitFor({ timeout: STEP_DEADLINE_MS })
  assert.equal(await page.getByLabel('Your name').getAttribute('aria-invalid'), 'true')
  assert.equal(await page.getByRole('status').textContent(), 'Not connected')
})
