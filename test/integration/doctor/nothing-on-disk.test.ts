/** A process that examines itself is killed in the middle of it, or its disk is full: nothing of its memory is left in a file. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { until, within } from '../../support/deadline.ts'
import { ROOT } from '../../support/supervised.ts'
import { TYPESCRIPT } from '../../support/typescript.ts'

const PROGRAM = join(ROOT, 'test/integration/doctor/examines-itself.ts')
const DEADLINE_MS = 120_000
/** Of a shell, in blocks of 512 or 1,024 bytes: less than a snapshot has, more than what a compiler keeps in files. */
const FILE_BLOCKS_MAX = 2_000

const folder = mkdtempSync(join(tmpdir(), 'nothing-on-disk-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let secret = ''
beforeEach(() => {
  secret = `secret-${randomBytes(16).toString('hex')}`
})

function begin(how: string, before = ''): { readonly child: ChildProcess; readonly gone: Promise<string> } {
  const env = { ...process.env, TMPDIR: folder, TERCES: [...secret].reverse().join('') }
  const command = `${before} exec "${process.execPath}" "${TYPESCRIPT}" "${PROGRAM}" ${how} "${folder}"`
  const child = spawn('sh', ['-c', command], { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return { child, gone: new Promise((resolve) => child.on('close', (_, signal) => resolve(signal ?? said.trim()))) }
}

/** Files of the folder with the secret in them. */
function leaks(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && bytesIn(join(folder, entry.name)).includes(secret))
    .map(({ name }) => name)
}

/** Nothing when it has lost its name since it was listed. */
function bytesIn(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
    return Buffer.alloc(0)
  }
}

/** What a process has open that has no name any more, and the secret in it. */
function openUnnamed(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .map((fd) => `/proc/${pid}/fd/${fd}`)
      .filter((path) => /holdfast-snapshot-.* \(deleted\)$/.test(readlinkSync(path)) && statSync(path).size > 0)
      .filter((path) => readFileSync(path).includes(secret))
  } catch {
    // It has just let go of it.
    return []
  }
}

test('control: a snapshot that is written by its path is left there by whoever is killed, and is found', async () => {
  assert.equal(await within('its end', begin('path').gone, DEADLINE_MS), 'SIGKILL')
  assert.deepEqual(leaks(), ['self.heapsnapshot'])
  rmSync(join(folder, 'self.heapsnapshot'))
})

test('killed when all of it is written: nothing is left', async () => {
  assert.equal(await within('its end', begin('own').gone, DEADLINE_MS), 'SIGKILL')
  assert.deepEqual(leaks(), [])
})

test('killed while it is examined: it has no name even then, and is gone with the process', async (t) => {
  const { child, gone } = begin('self')
  t.after(() => child.kill('SIGKILL'))
  const pid = child.pid as number
  let open: string[] = []
  const isExamined = (): boolean => {
    assert.deepEqual(leaks(), [])
    open = openUnnamed(pid)
    return open.length > 0
  }
  await until('the secret is in an open file', isExamined, DEADLINE_MS)
  child.kill('SIGKILL')
  assert.equal(await within('its end', gone, DEADLINE_MS), 'SIGKILL')
  assert.deepEqual(leaks(), [])
})

test('a disk that is full: the reason is told, and nothing is left', async () => {
  const said = await within('its end', begin('own', `ulimit -f ${FILE_BLOCKS_MAX};`).gone, DEADLINE_MS)
  assert.equal(said, `EFBIG ${secret.length}`)
  assert.deepEqual(leaks(), [])
})
