// npm run screenshots: makes the pictures of the console in docs/images/, in headless Chromium, of `holdfast run` with two workers and some hundred
// clients that come, talk and go. Takes about a minute.
//
//   node scripts/screenshots.js                  docs/images/
//   node scripts/screenshots.js --out DIR        elsewhere
//   node scripts/screenshots.js --seconds 20     of life before the first picture (45)
//
// Ends everything it has started: browser, clients, supervisor.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import WebSocket from 'ws'
import { findChromium } from '../test/peers/programs.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'docs', 'images') },
    seconds: { type: 'string', default: '45' },
  },
})
const WIDE = { width: 1280, height: 900 }
const NARROW = { width: 360, height: 780 }
const PATHS = ['/chat/lobby', '/chat/support', '/prices', '/prices', '/notifications', '/upload']
const CLIENTS_MAX = 420
/** On a machine that has others things to do as well. */
const STEP_MS = 180_000

mkdirSync(values.out, { recursive: true })
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] })
let supervised = null
let clients = null
try {
  supervised = await startSupervisor()
  clients = startClients(supervised.port)
  await takeAll()
} finally {
  clients?.end()
  await browser.close()
  supervised?.end()
}

async function takeAll() {
  const page = await openPage({ viewport: WIDE })
  await pause(Number(values.seconds) * 1_000)
  await act(page, 'collect')
  await page.locator('[data-notice]', { hasText: 'Collected' }).waitFor()
  await act(page, 'reload')
  await page.locator('[data-notice]', { hasText: 'Reloaded' }).waitFor()
  await page.getByRole('button', { name: 'Put the notice away' }).click()
  await act(page, 'collect')
  await page.locator('[data-notice]', { hasText: 'Collected' }).waitFor()
  await page.getByRole('button', { name: 'Put the notice away' }).click()
  await pause(8_000)
  await shot(page, 'console.png')
  await page.emulateMedia({ colorScheme: 'dark' })
  await pause(1_500)
  await shot(page, 'console-dark.png')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.getByRole('button', { name: 'Drain…' }).click()
  await pause(300)
  await shot(page, 'console-asks.png', { clip: { x: 340, y: 250, width: 600, height: 360 } })
  await page.keyboard.press('Escape')
  const table = page.locator('#connections')
  await table.getByLabel('Show').selectOption('ended')
  await table.getByRole('button', { name: 'Refresh' }).click()
  await pause(3_000)
  await table.locator('button.row').first().click()
  await table.locator('.timeline').waitFor()
  await table.screenshot({ path: join(values.out, 'console-connections.png') })
  await page.setViewportSize(NARROW)
  await page.evaluate(() => scrollTo(0, 0))
  await pause(1_500)
  await shot(page, 'console-narrow.png')
}

async function openPage(options) {
  const page = await browser.newPage({ ...options, colorScheme: 'light' })
  page.setDefaultTimeout(STEP_MS)
  page.on('console', (message) => message.type() === 'error' && console.error(`the page says: ${message.text()}`))
  page.on('pageerror', (error) => console.error(`the page says: ${error.message}`))
  await page.goto(`http://127.0.0.1:${supervised.admin}/`)
  await page.locator('[data-phase=live]').waitFor()
  return page
}

async function act(page, name) {
  await page.locator(`[data-action=${name}]`).click()
  await page.locator(`[data-confirm=${name}]`).click()
}

async function shot(page, name, options = {}) {
  await page.screenshot({ path: join(values.out, name), ...options })
  console.log(name)
}

async function startSupervisor() {
  const args = ['run', join(root, 'scripts', 'screenshots-app.js'), '--workers', '2', '--json']
  const child = spawn(
    process.execPath,
    [join(root, 'dist', 'cli', 'main.js'), ...args, '--port', '0', '--host', '127.0.0.1', '--admin', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: root },
  )
  const ports = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line)
    if (said.event === 'admin') ports.admin = said.port
    if (said.event === 'bound') ports.port = said.port
    if (said.event === 'started') break
  }
  child.stdout.resume()
  return { ...ports, end: () => child.kill('SIGTERM') }
}

/** Some come, some go, some talk; now and then one is refused, or goes without a word. */
function startClients(port) {
  const sockets = new Set()
  const timer = setInterval(() => {
    const wave = CLIENTS_MAX * (0.75 + 0.25 * Math.sin(Date.now() / 9_000))
    for (let more = 0; more < 12 && sockets.size < wave; more++) open()
    let tooMany = Math.max(0, Math.ceil((sockets.size - wave) / 4))
    for (const socket of sockets) {
      const chance = Math.random()
      if (chance < 0.004 || tooMany-- > 0) socket.close(chance < 0.003 ? 1000 : 4000 + (Math.floor(chance * 2_000) % 3))
      else if (chance < 0.005) socket.terminate()
      else if (chance < 0.12 && socket.readyState === WebSocket.OPEN) socket.send('x'.repeat(Math.floor(chance * 300)))
    }
  }, 250)
  function open() {
    const path = Math.random() < 0.02 ? '/nowhere' : PATHS[Math.floor(Math.random() * PATHS.length)]
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  return {
    end() {
      clearInterval(timer)
      for (const socket of sockets) socket.terminate()
    },
  }
}
