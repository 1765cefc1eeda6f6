/** `holdfast doctor PID`, and what it keeps: a server on ws that keeps its clients is told, with the line; its repaired twin is not. */
import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import type { Finding } from '../../../src/diagnose/doctor/finding.ts'
import { listeningPorts } from '../../../src/diagnose/inspect/process-facts.ts'
import { holdfast } from '../../support/command-line.ts'
import { started } from '../../support/soak-targets.ts'
import { ROOT } from '../../support/supervised.ts'
import { stay, visit } from './visits.ts'

const SERVER = join(ROOT, 'test/integration/doctor/kept.js')
const LINE = readFileSync(SERVER, 'utf8').split('\n').indexOf('const clients = new Map()') + 1
const DEADLINE_MS = 120_000
const folder = mkdtempSync(join(tmpdir(), 'holdfast-doctor-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function doctor(...args: readonly string[]) {
  return holdfast(['doctor', ...args], {}, DEADLINE_MS)
}

function oneLine(errors: string): string {
  const lines = errors.trim().split('\n')
  assert.equal(lines.length, 1, errors)
  return lines[0] ?? ''
}

test('a server that keeps its clients: what, where, how many; it goes on, and its inspector is closed', async (t) => {
  const target = await started(t, process.execPath, ['--inspect-port=0', SERVER, 'broken'])
  const url = `ws://127.0.0.1:${target.port}/`
  await visit(url, 60)
  const profile = join(folder, 'leak.pb.gz')
  const kept = join(folder, 'kept')
  const refused = await doctor(String(target.pid))
  assert.equal(refused.code, 2)
  assert.match(
    refused.errors,
    /will stand still for about .* s and take up to .* MB more[\s\S]*nobody is there to agree to that: give --yes/,
  )

  const told = await doctor(String(target.pid), '--yes', '--keep', kept, '--pprof', profile)
  assert.equal(told.code, 1, told.errors)
  assert.match(
    told.out,
    /^SUSPECT: 60 × WebSocket, over and still held: Map "clients" \(test\/integration\/doctor\/kept\.js:\d+\) keeps 60 WebSocket alive\..*holdfast doctor PID --every 30s/,
  )
  assert.match(
    told.out,
    new RegExp(`held by {2}Map "clients" \\(test/integration/doctor/kept\\.js:${LINE}\\) → entry → WebSocket`),
  )
  assert.match(told.out, /change {3}.*clients\.delete\(key\)/)

  const { sample, stringTable, function: functions } = Profile.decode(gunzipSync(readFileSync(profile)))
  const text = (index: unknown): string => stringTable.strings[Number(index)] ?? ''
  assert.deepEqual(
    sample.map(({ value }) => Number(value[0])),
    [60],
  )
  assert.ok(functions.some(({ name, startLine }) => text(name) === 'Map "clients"' && Number(startLine) === LINE))

  // It is served as before.
  await visit(url, 1)
  assert.deepEqual([...listeningPorts(target.pid).values()], [target.port])

  const [file = ''] = readdirSync(kept)
  assert.equal(statSync(join(kept, file)).mode & 0o777, 0o600)
  const again = await doctor(join(kept, file), '--json')
  const { held, verdict } = JSON.parse(again.out) as Finding
  assert.deepEqual([again.code, verdict, held.length, held[0]?.count], [1, 'suspect', 1, 60])
  const { name, kind, line, is } = held[0]?.causes[0]?.holder ?? {}
  assert.deepEqual([name, kind, line, is], ['clients', 'Map', LINE, 'declared'])

  const cut = join(folder, 'cut.heapsnapshot')
  copyFileSync(join(kept, file), cut)
  truncateSync(cut, Math.floor(statSync(cut).size / 2))
  const broken = await doctor(cut)
  assert.equal(broken.code, 2)
  assert.match(oneLine(broken.errors), /no heap snapshot that can be read: .*at byte \d+.*HF_SNAPSHOT_INVALID/)
  const twice = await doctor(String(target.pid), '--yes', '--keep', kept, '--every', '10ms')
  assert.equal(twice.code, 2, 'what is there is not overwritten')
  assert.match(twice.errors, /--keep: .*EEXIST/)
})

test('clients that are there are not over, whatever keeps them', async (t) => {
  const target = await started(t, process.execPath, ['--inspect-port=0', SERVER, 'repaired'])
  const url = `ws://127.0.0.1:${target.port}/`
  const leave = await stay(url, 40)
  const { code, out } = await doctor(String(target.pid), '--yes')
  assert.deepEqual([code, out.split('\n')[0]?.split(':')[0]], [0, 'NOTHING FOUND'], out)
  await leave()
  // Control: kept, they are.
  const other = await started(t, process.execPath, ['--inspect-port=0', SERVER, 'broken'])
  const leaveOther = await stay(`ws://127.0.0.1:${other.port}/`, 40)
  await visit(`ws://127.0.0.1:${other.port}/`, 20)
  const told = await doctor(String(other.pid), '--yes')
  assert.match(told.out, /^SUSPECT: 20 × WebSocket/, 'of 60 in its map')
  await leaveOther()
})

test('three snapshots of one that is used: what became more from each to the next; nothing in its repaired twin', async (t) => {
  for (const [mode, code] of [
    ['broken', 1],
    ['repaired', 0],
  ] as const) {
    const target = await started(t, process.execPath, ['--inspect-port=0', SERVER, mode])
    const url = `ws://127.0.0.1:${target.port}/`
    await visit(url, 20)
    let isOver = false
    const kept = join(folder, mode)
    const asked = doctor(String(target.pid), '--yes', '--every', '3s', '--json', '--keep', kept).finally(() => {
      isOver = true
    })
    while (!isOver) await visit(url, 10)
    const { out, errors, ...told } = await asked
    assert.equal(told.code, code, `${mode}: ${out}${errors}`)
    const { verdict, held } = JSON.parse(out) as Finding
    assert.match(
      errors,
      /^snapshot 1 of 3 taken; next in 3 s\nsnapshot 2 of 3 taken; next in 3 s\nsnapshot 3 of 3 taken$/m,
    )
    // The files of them say the same, in whatever order they are given.
    const files = [3, 1, 2].map((number) => join(kept, `${target.pid}-${number}.heapsnapshot`))
    const mixed = await doctor(...files, '--json')
    assert.equal(mixed.code, code)
    assert.match(oneLine(mixed.errors), /^they were taken in another order, .*-1\.heap.*-2\.heap.*-3\.heapsnapshot$/)
    const again = JSON.parse(mixed.out) as Finding
    assert.deepEqual(
      [again.verdict, again.held.map(({ counts }) => counts)],
      [verdict, held.map(({ counts }) => counts)],
    )
    // On a busy machine those of a visit or two wait for the end of their socket.
    const late = held.filter(({ causes }) => causes[0]?.holder.name === 'clients').map(({ count }) => count)
    if (mode === 'repaired') assert.deepEqual([verdict, late.filter((count) => count > 20)], ['nothing', []])
    else assert.deepEqual([verdict, held[0]?.kind, held[0]?.causes[0]?.holder.name], ['leak', 'WebSocket', 'clients'])
  }
})

test('what cannot be examined gets one line, and nothing is done to it', async () => {
  const json = join(folder, 'some.json')
  writeFileSync(json, '{"snapshot": "none"}')
  const text = join(folder, 'some.txt')
  writeFileSync(text, 'dear diary')
  const wrong: readonly (readonly [args: readonly string[], line: RegExp])[] = [
    [['2000000000', '--yes'], /process 2000000000 does not exist.*HF_PROCESS_UNFIT/],
    [['1', '--yes'], /process 1 (belongs to user|runs) .*HF_PROCESS_UNFIT/],
    [[json], /no heap snapshot that can be read: .*HF_SNAPSHOT_INVALID/],
    [[join(folder, 'nothing.heapsnapshot')], /nothing\.heapsnapshot: no such file$/],
    [['ws://127.0.0.1:1'], /ws:.*: no such file; of a server give the number of its process \(pgrep -a node\)/],
    [['localhost:80'], /localhost:80: no such file; of a server give the number of its process/],
    [['node'], /node: no such file; of a process give the number \(pgrep -a node\)/],
    [[folder], /: a folder; give the files in it$/],
    [
      [text],
      /some\.txt: this is no heap snapshot; make one with v8\.writeHeapSnapshot\(\) or holdfast doctor PID --keep FOLDER$/,
    ],
    [['-1'], /-1: wanted a process id, such as 12345/],
    [['1', '2'], /2 things given \(1, 2\); wanted one of/],
    [[], /wanted one of: a process id, .* for example holdfast doctor 12345 \(pgrep -a node tells which\)/],
    [[json, json], /2 files given; wanted one, or three of one process$/],
    [[json, '--every', '3s'], /--every is for a process, not for a file/],
    [['http://127.0.0.1:1/', '--yes'], /the admin port 127\.0\.0\.1:1 does not answer/],
    [['https://127.0.0.1:1/'], /wanted http:\/\/HOST:PORT/],
    [[json, '--pprof', join(folder, 'no', 'where')], /--pprof .*ENOENT/],
  ]
  for (const [args, line] of wrong) {
    const { code, errors } = await doctor(...args)
    assert.equal(code, 2, args.join(' '))
    assert.match(oneLine(errors), line)
  }
  assert.ok(existsSync(json))
})
