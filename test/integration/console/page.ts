/** The console in a page of a headless Chromium, for one test: opened, read, and watched for what it must not do. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** A browser on a machine that has other things to do as well. */
export const STEP_MS = 45_000
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Opened {
  readonly page: Page
  /** Errors, and requests to anybody but the port. */
  readonly problems: string[]
}

export async function openPage(
  t: TestContext,
  browser: Browser,
  port: number,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  t.after(() => context.close())
  context.setDefaultTimeout(STEP_MS)
  const page = await context.newPage()
  const problems: string[] = []
  const own = `//127.0.0.1:${port}/`
  context.on('weberror', (error) => problems.push(String(error.error())))
  context.on('request', (request) => {
    const url = request.url()
    if (!url.includes(own) && !/^(data|blob):/.test(url)) problems.push(`it asked ${url}`)
  })
  page.on('websocket', (socket) => {
    if (!socket.url().includes(own)) problems.push(`it called ${socket.url()}`)
  })
  await page.goto(`http://127.0.0.1:${port}/`)
  return { page, problems }
}

export async function openLive(...args: Parameters<typeof openPage>): Promise<Opened> {
  const opened = await openPage(...args)
  await opened.page.locator('[data-phase=live]').waitFor()
  await opened.page.locator('[data-figure=open]').waitFor()
  return opened
}

/** A number as it is shown, without what groups its digits. */
export function numberIn(text: string): number {
  return Number(text.replaceAll(',', ''))
}

/** All numbers of the ledger on the page, and how many are open in each state, by route; at one moment. */
export async function numbersOn(page: Page): Promise<Readonly<Record<string, number>>> {
  const texts = await page.evaluate(() => {
    const found: [string, string][] = []
    for (const one of document.querySelectorAll<HTMLElement>('[data-ledger]'))
      found.push([one.dataset.ledger ?? '', one.querySelector('b')?.textContent ?? ''])
    for (const one of document.querySelectorAll<HTMLElement>('[data-state]')) {
      const route = one.closest<HTMLElement>('[data-route]')?.dataset.route
      found.push([`${route} ${one.dataset.state}`, one.textContent ?? ''])
    }
    for (const one of document.querySelectorAll<HTMLElement>('#endings [data-name]'))
      found.push([`ended ${one.dataset.name}`, one.querySelector('td')?.textContent ?? ''])
    found.push(['figure open', document.querySelector('[data-figure=open] .value')?.textContent ?? ''])
    return found
  })
  return Object.fromEntries(texts.map(([name, text]) => [name, numberIn(text)]))
}

/** Faults that axe calls serious or critical, each in a line. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
        }>
      }
    }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
  })
}
