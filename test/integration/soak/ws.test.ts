/**
 * `holdfast soak` on servers of ws: a leak is called one, with its bytes; what is repaired, or a cache with a bound, is not. The repaired
 * servers are the negative control of the leaking ones.
 *
 * Needs: chromium, peers
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { listeningPorts } from '../../../src/diagnose/inspect/process-facts.ts'
import { findNode } from '../../peers/programs.js'
import { assertNear, bytesOf, nodeTarget, soaked } from '../../support/soak-targets.ts'
import { launchBrowser } from '../peers/browser.ts'

const KEPT = 4096
/** What V8 has for a Buffer beside its bytes, and its place in the map. */
const BUFFER_EXTRA = 230

const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** It stands on its own, shows every sample, and is light or dark as its reader's system is. */
async function assertPage(t: TestContext, text: string, dots: number): Promise<void> {
  assert.doesNotMatch(text, /<script|src=|href=|url\(|<b>/)
  const browser = await launchBrowser()
  t.after(() => browser.close())
  const backs: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const view = await browser.newPage({ colorScheme, offline: true })
    await view.setContent(text)
    assert.equal(await view.locator('svg.wide circle').count(), dots)
    assert.match((await view.locator('.verdict strong').textContent()) ?? '', /^LEAK: /)
    backs.push(await view.evaluate(() => getComputedStyle(document.body).backgroundColor))
  }
  assert.notEqual(backs[0], backs[1])
  const phone = await browser.newPage({ viewport: { width: 390, height: 800 }, offline: true })
  await phone.setContent(text)
  const labels = (shown: 'narrow' | 'wide') =>
    phone.evaluate((width) => {
      for (const plot of document.querySelectorAll<SVGElement>('svg')) {
        plot.style.display = plot.classList.contains(width) ? 'block' : 'none'
      }
      const texts = [...document.querySelectorAll(`svg.${width} text`)]
      return Math.min(...texts.map((one) => one.getBoundingClientRect().height))
    }, shown)
  const isShown = (plot: string) => phone.locator(`svg.${plot}`).first().isVisible()
  assert.deepEqual([await isShown('narrow'), await isShown('wide')], [true, false])
  assert.ok((await labels('narrow')) >= 11, 'labels can be read on a phone')
  assert.ok((await labels('wide')) < 8, 'control: those of the wide plot cannot')
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing hangs out')
}

describe('a server of ws', { concurrency: 2 }, () => {
  test('that keeps 4 KiB of each leaks 4 KiB per connection; its inspector is closed after; there is a page', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['leak', String(KEPT)])
    const before = listeningPorts(pid)
    const page = join(folder, 'report.html')
    const url = `ws://127.0.0.1:${port}/?a=<b>`
    const { code, report, errors } = await soaked(url, ['--pid', String(pid), '--html', page])
    assert.equal(report.verdict.outcome, 'leak', JSON.stringify(report.verdict))
    assert.match(report.verdict.sentence, /^LEAK: 4\.\d+ ± 0\.\d+ KB per connection$/)
    assertNear(bytesOf(report), KEPT + BUFFER_EXTRA)
    assertNear(bytesOf(report), KEPT)
    assert.equal(code, 1)
    assert.match(errors, /opened the inspector of process \d+/)
    assert.deepEqual(listeningPorts(pid), before)
    assert.deepEqual(report.problems, {})
    await assertPage(t, readFileSync(page, 'utf8'), report.rounds.length * 2)
  })

  test('that is repaired is a plateau', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['repaired', String(KEPT)])
    const { code, report } = await soaked(`ws://127.0.0.1:${port}/`, ['--pid', String(pid), '--rounds', '14'])
    assert.equal(report.verdict.outcome, 'plateau', JSON.stringify(report.verdict))
    assert.equal(code, 0)
  })

  for (const major of [24, 26] as const) {
    test(`on Node ${major} that keeps text on the heap leaks that much`, async (t) => {
      const { pid, port } = await nodeTarget(t, 'ws-target.js', ['string', '2000'], findNode(major))
      const { code, report } = await soaked(`ws://127.0.0.1:${port}/`, ['--pid', String(pid)])
      assert.equal(report.verdict.outcome, 'leak', JSON.stringify(report.verdict))
      assertNear(bytesOf(report), 2_000 + 60)
      assert.equal(code, 1)
    })
  }

  test('that lets go late is neither: it says so, with exit code 2', async (t) => {
    const { pid, port } = await nodeTarget(t, 'ws-target.js', ['late', String(KEPT), '8000'])
    const flags = ['--pid', String(pid), '--warmup', '0', '--rounds', '5', '--settle', '0ms', '--cooldown', '20s']
    const { code, report } = await soaked(`ws://127.0.0.1:${port}/`, flags)
    assert.equal(report.verdict.outcome, 'unclear', JSON.stringify(report.verdict))
    assert.equal(code, 2)
  })
})
