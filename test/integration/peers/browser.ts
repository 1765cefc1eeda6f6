/**
 * A headless Chromium, started by a test and closed by it; its profile is a new one and goes with it.
 */
import assert from 'node:assert/strict'
import { type Browser, chromium } from 'playwright-core'
import { findChromium } from '../../peers/programs.js'

// Without these a browser looks for its maker's servers; the sandbox needs what containers do not give to root.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  assert.ok(executablePath, 'Chromium (Debian: chromium)')
  return chromium.launch({ executablePath, args: FLAGS })
}
