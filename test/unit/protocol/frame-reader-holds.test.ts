import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeptChunks } from '../../../src/protocol/kept-chunks.ts'
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } from '../../../src/protocol/opcodes.ts'
import { CHUNKS, readAll, setUp } from '../../support/reading.ts'
import { chunksOf, clientFrame, clientMessage } from '../../support/wire.ts'

const MIXED = Buffer.concat([
  clientFrame({ opcode: TEXT, payload: 'one' }),
  clientFrame({ opcode: PING, payload: 'two' }),
  clientMessage(TEXT, Buffer.from('three'), [2, 0], clientFrame({ opcode: PONG, payload: 'half' })),
  clientFrame({ opcode: BINARY, payload: Buffer.alloc(300, 4) }),
  clientFrame({ opcode: TEXT }),
  clientFrame({ opcode: CLOSE }),
])

test('paused inside every sink call, nothing more comes until resume, and nothing is lost', () => {
  const wanted = readAll(MIXED, 10_000)
  assert.equal(wanted.length, 8)
  for (const chunkBytes of CHUNKS) {
    const { reader, sink } = setUp()
    sink.onEvent = () => reader.pause()
    for (const chunk of chunksOf(MIXED, chunkBytes)) reader.read(chunk)
    for (let count = 1; count < wanted.length; count += 1) {
      assert.equal(sink.events.length, count, `chunks of ${chunkBytes}`)
      assert.equal(reader.paused, true)
      assert.ok(reader.heldBytes > 0)
      reader.resume()
    }
    assert.deepEqual(sink.events, wanted)
    assert.equal(reader.heldBytes, 0)
  }
})

test('pause and resume at once inside a sink call changes nothing, in order and without recursion', () => {
  for (const chunkBytes of CHUNKS) {
    const { reader, sink } = setUp()
    let depth = 0
    sink.onEvent = () => {
      depth += 1
      assert.equal(depth, 1)
      reader.pause()
      reader.resume()
      depth -= 1
    }
    for (const chunk of chunksOf(MIXED, chunkBytes)) reader.read(chunk)
    assert.deepEqual(sink.events, readAll(MIXED, 10_000))
  }
})

test('what is read while paused waits in order behind the rest of the chunk', () => {
  const { reader, sink } = setUp()
  const frame = (payload: string): Buffer => clientFrame({ opcode: TEXT, payload })
  sink.onEvent = () => {
    if (sink.events.length === 1) reader.pause()
  }
  reader.read(Buffer.concat([frame('1'), frame('2'), frame('3')]))
  const four = frame('4')
  reader.read(four.subarray(0, 3))
  reader.read(Buffer.concat([four.subarray(3), frame('5')]))
  assert.equal(sink.events.length, 1)
  reader.resume()
  assert.deepEqual(
    sink.events.map(([, text]) => text),
    ['1', '2', '3', '4', '5'],
  )
})

test('a chunk read from inside a sink call waits behind the one being read, also after pause and resume', () => {
  const frame = (payload: string): Buffer => clientFrame({ opcode: TEXT, payload })
  for (const paused of [false, true]) {
    const { reader, sink } = setUp()
    sink.onEvent = () => {
      if (sink.events.length > 1) return
      if (paused) reader.pause()
      reader.read(frame('3'))
      if (paused) reader.resume()
    }
    reader.read(Buffer.concat([frame('1'), frame('2')]))
    assert.deepEqual(
      sink.events.map(([, text]) => text),
      ['1', '2', '3'],
    )
    assert.equal(reader.heldBytes, 0)
  }
})

test('a short rest does not keep its long chunk, a long one is not copied', () => {
  const chunk = Buffer.allocUnsafeSlow(200_000)
  const kept = new KeptChunks()
  kept.keep(chunk, 150_000, false)
  kept.keep(chunk, 50_000, false)
  assert.equal(kept.bytes, 200_000)
  assert.notEqual(kept.next()?.buffer, chunk.buffer)
  assert.equal(kept.next()?.buffer, chunk.buffer)
  assert.equal(kept.isEmpty, true)
})

test('stopped inside any sink call, nothing comes after it and nothing is held', () => {
  const all = readAll(MIXED, 10_000)
  for (let last = 1; last <= all.length; last += 1) {
    for (const chunkBytes of CHUNKS) {
      const { reader, sink } = setUp()
      sink.onEvent = () => {
        if (sink.events.length === last) reader.stop()
      }
      for (const chunk of chunksOf(MIXED, chunkBytes)) reader.read(chunk)
      reader.resume()
      reader.stop()
      assert.deepEqual(sink.events, all.slice(0, last))
      assert.equal(reader.heldBytes, 0)
      assert.equal(reader.paused, false)
    }
  }
})

test('a sink that throws ends the reader, and the error reaches the caller', () => {
  const { reader, sink } = setUp()
  sink.onEvent = () => {
    throw new Error('from the sink')
  }
  assert.throws(() => reader.read(Buffer.from(MIXED)), /from the sink/)
  reader.read(Buffer.from(MIXED))
  assert.equal(sink.events.length, 1)
  assert.equal(reader.heldBytes, 0)
})

test('heldBytes is 0 at each frame boundary and more inside a frame', () => {
  for (const [opcode, size] of [
    [TEXT, 5],
    [BINARY, 300],
    [PING, 100],
    [BINARY, 70_000],
  ] as const) {
    const { reader } = setUp()
    const frame = clientFrame({ opcode, payload: Buffer.alloc(size, 'x') })
    assert.equal(reader.heldBytes, 0)
    for (let at = 0; at < frame.length; at += 1) {
      reader.read(Buffer.from(frame.subarray(at, at + 1)))
      if (at + 1 === frame.length) assert.equal(reader.heldBytes, 0)
      else if (at + 1 !== frame.length - size) assert.ok(reader.heldBytes > 0, `${size}: behind byte ${at}`)
    }
  }
})

test('a header that announces a gibibyte costs at most 64 KiB until the bytes come', () => {
  for (const fin of [true, false]) {
    const { reader } = setUp({ limits: { messageBytesMax: 2 ** 31 } })
    reader.read(clientFrame({ opcode: BINARY, fin, announced: 2 ** 30 }))
    assert.equal(reader.heldBytes, 0)
    reader.read(Buffer.alloc(1))
    assert.ok(reader.heldBytes <= 65_536, `${reader.heldBytes}`)
    reader.read(Buffer.alloc(65_536))
    assert.ok(reader.heldBytes <= 2 * 65_537, `${reader.heldBytes}`)
    reader.stop()
    assert.equal(reader.heldBytes, 0)
  }
})

test('many tiny fragments hold no more than twice their bytes, and never more than the limit', () => {
  const { reader, sink } = setUp({ limits: { messageBytesMax: 1500, fragmentsMax: 5000 } })
  const capacities = new Set<number>()
  for (let count = 0; count < 1499; count += 1) {
    reader.read(clientFrame({ opcode: count === 0 ? BINARY : CONTINUATION, fin: false, payload: 'x' }))
    assert.ok(reader.heldBytes <= Math.min(1500, Math.max(256, 2 * (count + 1))), `${count}: ${reader.heldBytes}`)
    capacities.add(reader.heldBytes)
  }
  assert.ok(capacities.size <= 4, 'it grows by doubling, not by every fragment')
  reader.read(clientFrame({ opcode: CONTINUATION, payload: 'x' }))
  assert.deepEqual(sink.events, [['binary', Buffer.alloc(1500, 'x')]])
})

test('a kept message pins at most a block of 8 KiB when it is small, and at most as much again when it is large', () => {
  for (const size of [1, 64, 1000, 4095, 4096, 5000, 65_536, 70_000]) {
    for (const sizes of [[], [1], [size >> 1, 0]]) {
      for (const chunkBytes of [100, 1000, 65_536]) {
        const payload = Buffer.alloc(size, 7)
        const stream = Buffer.concat([clientMessage(BINARY, payload, sizes), clientFrame({ opcode: TEXT })])
        const [, message] = readAll(stream, chunkBytes)[0]!
        assert.ok(message instanceof Buffer && message.equals(payload))
        const pinned = message.buffer.byteLength
        if (size < 4096) assert.ok(pinned <= 8192, `${size}: ${pinned}`)
        else assert.ok(pinned <= size * 2 + 16, `${size}: ${pinned}`)
      }
    }
  }
})
