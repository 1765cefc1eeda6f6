/**
 * The accounts of the memory of real processes. With a server: nobody, 1,500 connections, nobody (`npm run drill:memory` has
 * the long form, on all Nodes). And controls: what is taken of one kind shows in its account, and what nobody can know in
 * `unexplained`.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type MemoryAccounts, rssOf } from '../../../src/diagnose/memory/accounts.ts'
import { drillMemory } from '../../drills/memory-accounts.ts'
import { failures } from '../../drills/verdict.ts'
import { programOf } from '../../support/program.ts'
import type { Kind, Readings } from './memory-child.ts'

const MB = 1_000_000
const MIB = 1024 * 1024
/** In these a busy machine and Node's own allocations may differ. */
const SLACK = 6 * MB
const CHILD = programOf(fileURLToPath(new URL('memory-child.ts', import.meta.url)))
const SERVER = {
  ...{ connections: 1_500, quietMs: 1_500, hiddenBytes: 0 },
  node: { name: process.versions.node, program: process.execPath },
}

async function readings(kind: Kind): Promise<Readings & { readonly grown: MemoryAccounts }> {
  const args = ['--expose-gc', CHILD, kind]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 })
  const found = JSON.parse(stdout) as Readings
  const { before, after } = found
  for (const { source, rssBytes, accounts } of [before, after]) {
    assert.deepEqual([source, rssOf(accounts) - rssBytes], ['proc', 0])
    assert.deepEqual(
      Object.entries(accounts).filter(([, bytes]) => bytes < 0),
      [],
    )
  }
  const names = Object.keys(before.accounts) as (keyof MemoryAccounts)[]
  const grown = Object.fromEntries(names.map((name) => [name, after.accounts[name] - before.accounts[name]]))
  return { ...found, grown: grown as unknown as MemoryAccounts }
}

/** All accounts but those named have hardly changed. */
function isOnly(grown: MemoryAccounts, ...but: (keyof MemoryAccounts)[]): void {
  const others = Object.entries(grown).filter(([name]) => !but.includes(name as keyof MemoryAccounts))
  for (const [name, bytes] of others) assert.ok(Math.abs(bytes) < SLACK, `${name} has changed by ${bytes}`)
}

function isNear(what: string, seen: number, wanted: number): void {
  assert.ok(Math.abs(seen - wanted) < SLACK, `${what}: ${seen}, wanted ${wanted}`)
}

const unexplainedPart = ({ after }: Readings): number => after.accounts.unexplained / after.rssBytes

describe('accounts of memory', { skip: process.platform !== 'linux', concurrency: 2 }, () => {
  test('of a server: nobody, many, nobody', async () => {
    assert.deepEqual(failures(await drillMemory(SERVER)), [])
  })

  test('control: memory of a server that nobody counts is found', async () => {
    const found = failures(await drillMemory({ ...SERVER, connections: 50, quietMs: 500, hiddenBytes: 64 * MIB }))
    assert.equal(found.filter((line) => /: unexplained: /.test(line)).length, found.length)
    assert.equal(found.length, 5)
  })

  test('64 MiB of Buffers are external', async () => {
    const { after, grown } = await readings('buffers')
    isNear('external', grown.external, 64 * MIB)
    isOnly(grown, 'external')
    assert.match(after.verdict, /^RSS is high because of memory outside the heap/)
  })

  test('Buffers that were never touched are not there', async () => {
    const found = await readings('untouched')
    isOnly(found.grown)
    assert.ok(found.after.arrayBuffersBytes - found.before.arrayBuffersBytes >= 64 * MIB)
  })

  test('small Buffers, which lie between others, are external too', async () => {
    const { grown } = await readings('small-buffers')
    isNear('external', grown.external, 64 * MIB)
    isOnly(grown, 'external', 'v8Used', 'v8Free')
  })

  test('objects are in use', async () => {
    const { after, grown, heapUsedBytes } = await readings('objects')
    assert.ok(heapUsedBytes > 40 * MB)
    isNear('v8Used', grown.v8Used, heapUsedBytes)
    // What V8 notes about its pages is malloc's.
    isOnly(grown, 'v8Used', 'v8Free', 'nativeHeap')
    assert.match(after.verdict, /^JavaScript objects stand out/)
  })

  test('after a wave V8 keeps pages', async () => {
    const { after, grown } = await readings('wave')
    assert.ok(grown.v8Free > 80 * MB, `V8 has ${grown.v8Free} more`)
    assert.ok(grown.v8Used < 30 * MB, `and objects have ${grown.v8Used} more`)
    isOnly(grown, 'v8Free', 'v8Used', 'nativeHeap')
    assert.match(after.verdict, /^RSS is high because V8 .* empty pages/)
  })

  test('keys of OpenSSL are native', async () => {
    const { after, grown } = await readings('native')
    isNear('nativeHeap', grown.nativeHeap, 1_600 * 32 * 1024)
    assert.match(after.verdict, /^RSS is high because of the native heap/)
  })

  test('memory of WebAssembly is external', async () => {
    const { grown } = await readings('wasm')
    isNear('external', grown.external, 800 * 65_536)
    isOnly(grown, 'external')
  })

  test('control: Buffers of another thread, of which this one hears nothing, are unexplained', async () => {
    const found = await readings('worker')
    isNear('unexplained', found.grown.unexplained, 64 * MIB)
    assert.ok(unexplainedPart(found) > 0.05)
    assert.ok(found.after.hasHadWorkers)
    assert.match(found.after.verdict, /could not be explained/)
  })
})
