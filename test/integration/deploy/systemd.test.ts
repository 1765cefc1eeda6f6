/**
 * deploy/systemd: units that systemd understands to the last word, and periods that add up with the defaults of the library.
 * Needs: systemd
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SERVER_OPTIONS } from '../../../src/server/server-options.ts'
import { findSystemdAnalyze } from '../../peers/programs.js'
import { deployFile } from './front.ts'

const UNITS = ['holdfast.socket', 'holdfast.service']

/** What systemd complains of; the exit code says only whether it could be loaded at all. */
function complaints(change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-units-'))
  try {
    for (const unit of UNITS) {
      // Programs have to exist; the one of the unit does not, here.
      const text = deployFile(`systemd/${unit}`).replaceAll('/srv/chat/node_modules/.bin/holdfast', process.execPath)
      writeFileSync(join(folder, unit), change(text))
    }
    const paths = UNITS.map((unit) => join(folder, unit))
    const { stdout, stderr, status, error } = spawnSync(findSystemdAnalyze() ?? '', ['verify', ...paths], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.equal(error, undefined)
    const said = `${stdout}${stderr}`
    // Of other units of the machine it may complain as it likes.
    const ours = said.split('\n').filter((line) => line.includes('holdfast'))
    return `${ours.join('\n')}${status === 0 ? '' : ` status ${status}`}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('systemd-analyze verify has nothing to say', () => {
  assert.equal(
    complaints((text) => text),
    '',
  )
})

test('control: a word that systemd does not know, and a program that is not there, are found', () => {
  assert.match(
    complaints((text) => text.replace('KillMode=mixed', 'KillMode=mixd')),
    /kill mode/,
  )
  assert.match(
    complaints((text) => text.replace('LimitNOFILE', 'LimitNOFILES')),
    /LimitNOFILES/,
  )
  assert.match(
    complaints((text) => text.replace(`ExecStart=${process.execPath}`, 'ExecStart=/nowhere/node')),
    /not executable/,
  )
})

test('it has the time that a drain may take', () => {
  const stop = Number(/^TimeoutStopSec=(\d+)$/m.exec(deployFile('systemd/holdfast.service'))?.[1]) * 1000
  const { drainTimeoutMs, closeTimeoutMs } = SERVER_OPTIONS
  assert.equal(stop, drainTimeoutMs.default + closeTimeoutMs.default + 10_000)
})
