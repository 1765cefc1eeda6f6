/** Workers that are processes: a room spans all of them, one that is killed takes only its own connections along. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until, within } from '../support/deadline.ts'
import { programOf } from '../support/program.ts'
import { openRaw, type RawClient } from '../support/raw-client.ts'
import type { Order, Word } from './broker/worker.ts'

const WORKER = programOf(fileURLToPath(new URL('./broker/worker.ts', import.meta.url)))

class Worker {
  readonly name: string
  readonly path: string
  readonly child: ChildProcess
  readonly words: Word[] = []

  constructor(t: TestContext, folder: string, name: string) {
    this.name = name
    this.path = join(folder, `${name}.sock`)
    this.child = fork(WORKER, [name, this.path], { execArgv: [] })
    this.child.on('message', (word: Word) => this.words.push(word))
    t.after(() => this.kill())
  }

  async port(): Promise<number> {
    await until(`${this.name} is up`, () => this.#find('up') !== undefined, 30_000)
    return (this.#find('up') as { port: number }).port
  }

  tell(order: Order): void {
    this.child.send(order)
  }

  async says(kind: Word['kind'], peer?: string): Promise<void> {
    await until(`${this.name} says ${kind} ${peer ?? ''}`, () => this.#find(kind, peer) !== undefined)
  }

  /** Everything that wants to be known to the others is. */
  async sync(): Promise<void> {
    const before = this.words.length
    this.tell({ kind: 'sync' })
    await until(`${this.name} has synced`, () => this.words.slice(before).some(({ kind }) => kind === 'synced'))
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await within(`${this.name} to be gone`, gone)
  }

  #find(kind: Word['kind'], peer?: string): Word | undefined {
    return this.words.find(
      (word) => word.kind === kind && (peer === undefined || ('peer' in word && word.peer === peer)),
    )
  }
}

function introduce(one: Worker, other: Worker): void {
  one.tell({ kind: 'meet', name: other.name, path: other.path })
  other.tell({ kind: 'meet', name: one.name, path: one.path })
}

/** All say `count` numbered messages, and each hears all others once and in order. */
async function talk(round: string, clients: readonly RawClient[], count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    for (const [speaker, client] of clients.entries()) client.text(`${round} ${speaker} ${index}`)
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const heard = (client: RawClient): string[] => client.texts.filter((text) => text.startsWith(`${round} `))
  for (const [listener, client] of clients.entries()) {
    await until(`${listener} has heard all`, () => heard(client).length >= (clients.length - 1) * count)
    for (const speaker of clients.keys()) {
      const wanted =
        speaker === listener ? [] : Array.from({ length: count }, (_, index) => `${round} ${speaker} ${index}`)
      assert.deepEqual(
        heard(client).filter((text) => text.startsWith(`${round} ${speaker} `)),
        wanted,
      )
    }
  }
}

test('a room spans workers; killing one loses only its own connections; a new one is in the room as well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mesh-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const one = new Worker(t, folder, 'w1')
  const two = new Worker(t, folder, 'w2')
  const ports = [await one.port(), await two.port()]
  introduce(one, two)
  await one.says('linked', 'w2')
  await two.says('linked', 'w1')
  const clients: RawClient[] = []
  for (const port of [...ports, ...ports]) clients.push(await openRaw(t, port))
  for (const worker of [one, two]) await worker.sync()
  await talk('first', clients, 100)
  await two.kill()
  await one.says('unlinked', 'w2')
  await within('its clients to see it', Promise.all([clients[1]!.gone(), clients[3]!.gone()]))
  const left = [clients[0]!, clients[2]!]
  assert.deepEqual(
    left.map(({ closed }) => closed),
    [false, false],
  )
  await talk('second', left, 50)
  const three = new Worker(t, folder, 'w3')
  introduce(one, three)
  const port = await three.port()
  await one.says('linked', 'w3')
  await three.says('linked', 'w1')
  const all = [...left, await openRaw(t, port)]
  for (const worker of [one, three]) await worker.sync()
  await talk('third', all, 50)
})
