/** The mesh: links over Unix sockets come up, carry frames in order, and end; who does not greet well is refused. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { Mesh } from '../../../src/broker/mesh.ts'
import { turn, until, within } from '../../support/deadline.ts'
import { makeMeshes } from '../../support/meshes.ts'

test('two workers have one link, whoever met the other first; frames of all channels keep their order', async (t) => {
  const { meshes, events } = await makeMeshes(t, ['w1', 'w2'])
  const [first, second] = meshes
  await until('both have a link', () => first!.to('w2') !== undefined && second!.to('w1') !== undefined)
  assert.deepEqual([[...first!.all()].length, [...second!.all()].length], [1, 1])
  assert.equal(first!.to('w2')!.peer.nonce, second!.self.nonce)
  assert.deepEqual(events.map(([name, payload]) => [name, 'peer' in payload ? payload.peer : '']).sort(), [
    ['linked', 'w1'],
    ['linked', 'w2'],
  ])
  const came: string[] = []
  for (const channel of [16, 17, 255]) {
    first!.handle(channel, (link, payload) => came.push(`${link.peer.name} ${channel} ${payload.length} ${payload[0]}`))
  }
  const sizes = [0, 1, 4_096, 4_097, 70_000, 5, 1_000_000, 16_384, 3]
  const link = second!.to('w1')!
  for (const [index, size] of sizes.entries()) {
    assert.equal(link.send([16, 17, 255, 99][index % 4]!, Buffer.alloc(size, index)), true)
    if (index === 4) await turn()
  }
  const wanted = sizes
    .map((size, index) => [[16, 17, 255, 99][index % 4], size, index] as const)
    .filter(([channel]) => channel !== 99)
    .map(([channel, size, index]) => `w2 ${channel} ${size} ${size === 0 ? undefined : index}`)
  await until('all have come', () => came.length === wanted.length)
  assert.deepEqual(came, wanted)
  await until('nothing waits', () => link.waitingBytes === 0)
})

test('end() writes what was sent, ends the links and takes the socket file away', async (t) => {
  const { meshes, paths } = await makeMeshes(t, ['w1', 'w2'])
  const [first, second] = meshes
  await until('both have a link', () => first!.to('w2') !== undefined && second!.to('w1') !== undefined)
  let came = 0
  first!.handle(16, (_, payload) => {
    came += payload.length
  })
  const down: string[] = []
  first!.onUnlinked((link, reason) => down.push(`${link.peer.name} ${reason}`))
  second!.onUnlinked((link, reason) => down.push(`${link.peer.name} ${reason}`))
  const link = second!.to('w1')!
  link.send(16, Buffer.alloc(3_000_000))
  const ended = second!.end()
  assert.equal(second!.end(), ended)
  assert.deepEqual([link.up, link.send(16, Buffer.alloc(1))], [false, false])
  await within('end', ended)
  assert.deepEqual([existsSync(paths[0]!), existsSync(paths[1]!)], [true, false])
  await until('the other knows', () => down.length === 2)
  assert.equal(came, 3_000_000)
  assert.deepEqual(down.sort(), ['w1 ended', 'w2 peer'])
  assert.deepEqual([first!.to('w2'), second!.to('w1')], [undefined, undefined])
})

test('whoever is met before it listens is tried again; a path that is taken or too long is an error of listen()', async (t) => {
  const { meshes, paths, eventsOf: events } = await makeMeshes(t, ['w1', 'w3'])
  const path = join(dirname(paths[0]!), 'w2.sock')
  const [first, third] = meshes
  third!.meet('w2', path)
  const second = new Mesh({ name: 'w2', path, events })
  t.after(() => second.end())
  second.meet('w1', paths[0]!)
  second.meet('w3', paths[1]!)
  await until('it has called', () => second.to('w1') !== undefined)
  assert.equal(third!.to('w2'), undefined)
  await second.listen()
  await until('it was called', () => second.to('w3') !== undefined && first!.to('w2') !== undefined)
  const taken = new Mesh({ name: 'w4', path, events })
  await assert.rejects(taken.listen(), { code: 'EADDRINUSE' })
  await taken.end()
  assert.equal(existsSync(path), true)
  await assert.rejects(new Mesh({ name: 'w5', path: `${path}${'x'.repeat(200)}`, events }).listen(), {
    code: 'HF_OPTION_INVALID',
  })
})
